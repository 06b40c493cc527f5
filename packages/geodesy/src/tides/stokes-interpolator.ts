/** Nodes an interpolated value is taken from. */
const NODES = 8;

/**
 * Smooth series of coefficients by polynomials of degree 7 through a grid of equal steps, filled on demand. Tides of
 * six hours (M4) lose 1e-9 of themselves with steps of 600 s.
 */
export class StokesInterpolator {
  private readonly nodes = new Map<number, { readonly c: Float64Array; readonly s: Float64Array }>();
  private readonly weights = new Float64Array(NODES);

  /**
   * @param size coefficients in each array
   * @param stepSeconds whole seconds
   * @param fill adds the coefficients of a node to zeroed arrays
   */
  constructor(
    private readonly size: number,
    private readonly stepSeconds: number,
    private readonly fill: (gpsSeconds: number, c: Float64Array, s: Float64Array) => void,
  ) {
    if (!Number.isInteger(stepSeconds) || stepSeconds < 1) {
      throw new RangeError(`interpolation of tides: the step is ${stepSeconds} s, not whole seconds from 1`);
    }
  }

  /** Adds the coefficients of an epoch. */
  add(gpsSeconds: number, offsetSeconds: number, c: Float64Array, s: Float64Array): void {
    const { weights, size } = this;
    const index = Math.floor(gpsSeconds / this.stepSeconds);
    const u = (gpsSeconds - index * this.stepSeconds + offsetSeconds) / this.stepSeconds;
    if (u === 0) {
      const node = this.node(index);
      for (let i = 0; i < size; i++) {
        c[i] += node.c[i];
        s[i] += node.s[i];
      }
      return;
    }
    const from = index - NODES / 2 + 1;
    for (let j = 0; j < NODES; j++) {
      let weight = 1;
      const xj = j - NODES / 2 + 1;
      for (let k = 0; k < NODES; k++) {
        const xk = k - NODES / 2 + 1;
        if (k !== j) weight *= (u - xk) / (xj - xk);
      }
      weights[j] = weight;
    }
    // Four nodes a sweep: the sums stay in registers.
    for (let j = 0; j < NODES; j += 4) {
      const [n0, n1, n2, n3] = [
        this.node(from + j),
        this.node(from + j + 1),
        this.node(from + j + 2),
        this.node(from + j + 3),
      ];
      const [w0, w1, w2, w3] = [weights[j], weights[j + 1], weights[j + 2], weights[j + 3]];
      const [c0, c1, c2, c3] = [n0.c, n1.c, n2.c, n3.c];
      const [s0, s1, s2, s3] = [n0.s, n1.s, n2.s, n3.s];
      for (let i = 0; i < size; i++) {
        c[i] += w0 * c0[i] + w1 * c1[i] + w2 * c2[i] + w3 * c3[i];
        s[i] += w0 * s0[i] + w1 * s1[i] + w2 * s2[i] + w3 * s3[i];
      }
    }
    // An arc goes forward: what is two spans behind is not wanted again soon.
    if (this.nodes.size > 4 * NODES) {
      for (const key of this.nodes.keys()) {
        if (Math.abs(key - index) > 2 * NODES) this.nodes.delete(key);
      }
    }
  }

  private node(index: number) {
    let node = this.nodes.get(index);
    if (!node) {
      node = { c: new Float64Array(this.size), s: new Float64Array(this.size) };
      this.fill(index * this.stepSeconds, node.c, node.s);
      this.nodes.set(index, node);
    }
    return node;
  }
}
