import { type Geopotential, triangleIndex } from '@gravity/geodesy';

export interface DestripeOptions {
  /** Orders below stay as they are (default 8). */
  readonly orderMin?: number;
  /** Degrees below stay and are not used (default: all above degree 1). */
  readonly degreeMin?: number;
  /** The window holds max(amplitude·e^(−m/decay) + 1, narrowest) coefficients; defaults 30, 10 and 5. */
  readonly amplitude?: number;
  readonly decay?: number;
  readonly narrowest?: number;
  /** Degree of the polynomial (default 2). */
  readonly polynomial?: number;
}

/**
 * A field without stripes: from every coefficient the value of a polynomial is subtracted that fits the coefficients
 * of the same order and part and of like parity of degree in a window about it. At the ends of an order the window
 * stays whole and is evaluated off its middle; an order with fewer than `narrowest` coefficients of a parity stays.
 *
 * The window width is published as a real number; here it is the next odd number below, so that it has a middle.
 * Standard deviations stay as they are. To be applied to residuals against a mean field.
 *
 * Source: Swenson & Wahr (2006), Geophys. Res. Lett. 33, L08402; the window as stated by Duan et al. (2009),
 *   J. Geodesy 83, 1095–1106.
 */
export function destripeField(field: Geopotential, options: DestripeOptions = {}): Geopotential {
  const { orderMin = 8, degreeMin = 2, amplitude = 30, decay = 10, narrowest = 5, polynomial = 2 } = options;
  if (!(Number.isInteger(polynomial) && polynomial >= 0 && narrowest > polynomial))
    throw new RangeError(`a polynomial of degree ${polynomial} needs a window of more than ${narrowest}`);
  const c = field.c.slice();
  const s = field.s.slice();
  for (let m = orderMin; m <= field.maxDegree; m++) {
    const width = destripeWindow(m, amplitude, decay, narrowest);
    const first = Math.max(m, degreeMin);
    for (const start of [first, first + 1]) {
      const count = Math.floor((field.maxDegree - start) / 2) + 1;
      if (count < narrowest) continue;
      const places = Int32Array.from({ length: count }, (_, i) => triangleIndex(start + 2 * i, m));
      for (const [from, to] of [
        [field.c, c],
        [field.s, s],
      ] as const) {
        const values = Float64Array.from(places, (k) => from[k]);
        const smooth = smoothByPolynomial(values, Math.min(width, count), polynomial);
        places.forEach((k, i) => {
          to[k] = values[i] - smooth[i];
        });
      }
    }
  }
  return { ...field, c, s };
}

/** Number of coefficients in the window of an order, odd. */
export function destripeWindow(order: number, amplitude = 30, decay = 10, narrowest = 5): number {
  const width = Math.max(amplitude * Math.exp(-order / decay) + 1, narrowest);
  return 2 * Math.floor((width - 1) / 2) + 1;
}

/** Values of the polynomial that fits each window, at the place it is for. */
function smoothByPolynomial(values: Float64Array, width: number, degree: number): Float64Array {
  const n = values.length;
  const out = new Float64Array(n);
  const half = Math.floor(width / 2);
  for (let i = 0; i < n; i++) {
    const start = Math.min(Math.max(i - half, 0), n - width);
    const weights = fitWeights(width, degree, i - start);
    for (let j = 0; j < width; j++) out[i] += weights[j] * values[start + j];
  }
  return out;
}

/** Weights w with Σ w_j·y_j = p(at), p the least-squares polynomial through (0, y_0) … (width−1, y_{width−1}). */
function fitWeights(width: number, degree: number, at: number): Float64Array {
  // discrete orthogonal polynomials by three-term recursion: no normal equations of powers
  const middle = (width - 1) / 2;
  const nodes = Float64Array.from({ length: width }, (_, j) => j - middle);
  let before = new Float64Array(width);
  let current = new Float64Array(width).fill(1);
  let [beforeAt, currentAt, normBefore] = [0, 1, 1];
  const weights = new Float64Array(width);
  for (let d = 0; d <= degree; d++) {
    const norm = current.reduce((sum, v) => sum + v * v, 0);
    for (let j = 0; j < width; j++) weights[j] += (current[j] * currentAt) / norm;
    const ratio = d === 0 ? 0 : norm / normBefore;
    // symmetric nodes: no term of the same degree
    const next = current.map((v, j) => nodes[j] * v - ratio * before[j]);
    const nextAt = (at - middle) * currentAt - ratio * beforeAt;
    [before, current] = [current, next];
    [beforeAt, currentAt, normBefore] = [currentAt, nextAt, norm];
  }
  return weights;
}
