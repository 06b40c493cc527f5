/**
 * Nodes and weights of Gauss–Legendre quadrature on [−1, 1], exact to degree 2·count − 1.
 * @returns nodes from +1 to −1 (north to south as sines of latitude), weights summing to 2
 * Source: Newton's method on P_n from the asymptotic start value, Abramowitz & Stegun 22.16.6 and 25.4.29.
 */
export function gaussLegendre(count: number): {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
} {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; 2 * i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let derivative = 1;
    for (let iteration = 0; iteration < 20; iteration++) {
      let before = 1;
      let value = x;
      for (let n = 2; n <= count; n++) {
        const next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
        before = value;
        value = next;
      }
      derivative = (count * (x * value - before)) / (x * x - 1);
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    if (2 * i + 1 === count) x = 0;
    nodes[i] = x;
    nodes[count - 1 - i] = -x;
    weights[i] = 2 / ((1 - x * x) * derivative * derivative);
    weights[count - 1 - i] = weights[i];
  }
  return { nodes, weights };
}

/**
 * Quadrature weights (in the sine of latitude, summing to 2) for equally spaced rings from pole to pole.
 *
 * Cell centres: Fejér's first rule, exact to degree rows − 1. Rings on both poles: Clenshaw–Curtis, exact to rows − 1.
 * Source: Waldvogel (2006), BIT 46, 195–202 (the cosine sums are written out here).
 */
export function equiangularWeights(rows: number, registration: 'centre' | 'corner'): Float64Array {
  const weights = new Float64Array(rows);
  if (registration === 'centre') {
    for (let j = 0; j < rows; j++) {
      const theta = (Math.PI * (j + 0.5)) / rows;
      let sum = 1;
      for (let k = 1; 2 * k <= rows; k++) sum -= (2 * Math.cos(2 * k * theta)) / (4 * k * k - 1);
      // With an even number of rows the last cosine is zero at every node and drops out.
      weights[j] = (2 / rows) * sum;
    }
    return weights;
  }
  const intervals = rows - 1;
  for (let j = 0; j < rows; j++) {
    const theta = (Math.PI * j) / intervals;
    let sum = 1;
    for (let k = 1; 2 * k <= intervals; k++) {
      sum -= ((2 * k === intervals ? 1 : 2) * Math.cos(2 * k * theta)) / (4 * k * k - 1);
    }
    weights[j] = ((j === 0 || j === intervals ? 1 : 2) / intervals) * sum;
  }
  return weights;
}
