/** A discrete Fourier transform of any length: twiddle factors and scratch space, made once. */
export interface FftPlan {
  readonly size: number;
  readonly radices: readonly number[];
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly scratchRe: Float64Array;
  readonly scratchIm: Float64Array;
}

/** Plan for transforms of a length; cost N·(sum of the prime factors of N). */
export function fftPlan(size: number): FftPlan {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be a positive integer: ${size}`);
  const radices: number[] = [];
  let rest = size;
  for (let p = 2; rest > 1; p++) {
    if (p * p > rest) p = rest;
    while (rest % p === 0) {
      radices.push(p);
      rest /= p;
    }
  }
  const cos = new Float64Array(size);
  const sin = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / size);
    sin[k] = Math.sin((2 * Math.PI * k) / size);
  }
  return { size, radices, cos, sin, scratchRe: new Float64Array(size), scratchIm: new Float64Array(size) };
}

/**
 * In-place transform X_k = Σ_j x_j·exp(sign·2πi·jk/N), unscaled both ways.
 *
 * Self-sorting (Stockham) decimation in frequency with one pass per prime factor.
 * @param re,im real and imaginary part, N values each, overwritten
 * Source: Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), 1.7.
 */
export function fft(plan: FftPlan, re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  let xr = re;
  let xi = im;
  let yr = plan.scratchRe;
  let yi = plan.scratchIm;
  let length = plan.size;
  let stride = 1;
  for (const p of plan.radices) {
    if (p === 2) passTwo(plan, xr, xi, yr, yi, length, stride, sign);
    else passAny(plan, p, xr, xi, yr, yi, length, stride, sign);
    length /= p;
    stride *= p;
    [xr, yr] = [yr, xr];
    [xi, yi] = [yi, xi];
  }
  if (xr !== re) {
    re.set(xr);
    im.set(xi);
  }
}

function passTwo(
  plan: FftPlan,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  length: number,
  stride: number,
  sign: number,
): void {
  const half = length / 2;
  for (let q = 0; q < half; q++) {
    const wr = plan.cos[q * stride];
    const wi = sign * plan.sin[q * stride];
    for (let j = 0; j < stride; j++) {
      const a = j + stride * q;
      const b = a + stride * half;
      const to = j + stride * 2 * q;
      const dr = xr[a] - xr[b];
      const di = xi[a] - xi[b];
      yr[to] = xr[a] + xr[b];
      yi[to] = xi[a] + xi[b];
      yr[to + stride] = dr * wr - di * wi;
      yi[to + stride] = dr * wi + di * wr;
    }
  }
}

function passAny(
  plan: FftPlan,
  p: number,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  length: number,
  stride: number,
  sign: number,
): void {
  const part = length / p;
  const rootStep = plan.size / p;
  for (let q = 0; q < part; q++) {
    for (let k = 0; k < p; k++) {
      const twiddle = q * k * stride;
      const wr = plan.cos[twiddle];
      const wi = sign * plan.sin[twiddle];
      for (let j = 0; j < stride; j++) {
        let sr = 0;
        let si = 0;
        let root = 0;
        for (let r = 0; r < p; r++) {
          const at = j + stride * (q + part * r);
          const cr = plan.cos[root];
          const ci = sign * plan.sin[root];
          sr += xr[at] * cr - xi[at] * ci;
          si += xr[at] * ci + xi[at] * cr;
          root += k * rootStep;
          if (root >= plan.size) root -= plan.size;
        }
        const to = j + stride * (p * q + k);
        yr[to] = sr * wr - si * wi;
        yi[to] = sr * wi + si * wr;
      }
    }
  }
}
