import { type FftPlan, fft, fftPlan } from '../transforms/fft.js';
import { closesCircle } from './grid.js';

/** Sums Σ_m A_m cos mλ + B_m sin mλ along the longitudes of a grid. */
export interface LongitudeSynthesis {
  /**
   * Two rings at once (the transform carries one in its real, one in its imaginary part).
   * a, b: maxOrder + 1 values each; out: one value per longitude.
   */
  pair(first: OrderSums, second: OrderSums, outFirst: Float64Array, outSecond: Float64Array): void;
}

/** Fourier coefficients of one ring by order. */
export interface OrderSums {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** FFT when the longitudes run evenly around the circle, products with a cosine/sine table otherwise. */
export function longitudeSynthesis(longitudeDegrees: Float64Array, maxOrder: number): LongitudeSynthesis {
  return closesCircle(longitudeDegrees)
    ? circle(longitudeDegrees, maxOrder)
    : table(longitudeDegrees, maxOrder);
}

function circle(longitudeDegrees: Float64Array, maxOrder: number): LongitudeSynthesis {
  const size = longitudeDegrees.length;
  const plan: FftPlan = fftPlan(size);
  const { cos, sin } = orderTable(longitudeDegrees[0], maxOrder);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  return {
    pair(first, second, outFirst, outSecond) {
      re.fill(0);
      im.fill(0);
      for (let m = 0; m <= maxOrder; m++) {
        // Half of c_m = (A − iB)·e^{imλ₀} goes to bin m, half of its conjugate to bin −m; orders above the
        // Nyquist order of the grid fold back, which is what sampling at these points does.
        const firstRe = 0.5 * (first.a[m] * cos[m] + first.b[m] * sin[m]);
        const firstIm = 0.5 * (first.a[m] * sin[m] - first.b[m] * cos[m]);
        const secondRe = 0.5 * (second.a[m] * cos[m] + second.b[m] * sin[m]);
        const secondIm = 0.5 * (second.a[m] * sin[m] - second.b[m] * cos[m]);
        const up = m % size;
        const down = (size - up) % size;
        re[up] += firstRe - secondIm;
        im[up] += firstIm + secondRe;
        re[down] += firstRe + secondIm;
        im[down] += secondRe - firstIm;
      }
      fft(plan, re, im, 1);
      outFirst.set(re);
      outSecond.set(im);
    },
  };
}

function table(longitudeDegrees: Float64Array, maxOrder: number): LongitudeSynthesis {
  const count = longitudeDegrees.length;
  const tables = Array.from(longitudeDegrees, (degrees) => orderTable(degrees, maxOrder));
  const one = ({ a, b }: OrderSums, out: Float64Array): void => {
    for (let j = 0; j < count; j++) {
      const { cos, sin } = tables[j];
      let sum = 0;
      for (let m = 0; m <= maxOrder; m++) sum += a[m] * cos[m] + b[m] * sin[m];
      out[j] = sum;
    }
  };
  return {
    pair(first, second, outFirst, outSecond) {
      one(first, outFirst);
      one(second, outSecond);
    },
  };
}

/** cos mλ and sin mλ for all orders; the angle is reduced in degrees, where it is exact. */
export function orderTable(
  longitudeDegrees: number,
  maxOrder: number,
): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const cos = new Float64Array(maxOrder + 1);
  const sin = new Float64Array(maxOrder + 1);
  for (let m = 0; m <= maxOrder; m++) {
    const angle = (((m * longitudeDegrees) % 360) * Math.PI) / 180;
    cos[m] = Math.cos(angle);
    sin[m] = Math.sin(angle);
  }
  return { cos, sin };
}
