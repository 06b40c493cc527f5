import {
  AccelerationPartials,
  coefficientOrdering,
  emptyGeopotential,
  type Geopotential,
  GravityEvaluator,
  SolidHarmonics,
  triangleIndex,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';

const GM = 3.986004415e14;
const RADIUS = 6378136.3;

function pseudoRandomField(maxDegree: number): Geopotential {
  const field = emptyGeopotential(maxDegree, GM, RADIUS);
  let state = 12345;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  field.c[0] = 1;
  for (let n = 2; n <= maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = (random() * 1e-5) / n ** 2;
      if (m > 0) field.s[triangleIndex(n, m)] = (random() * 1e-5) / n ** 2;
    }
  }
  field.c[triangleIndex(2, 0)] = -4.84e-4;
  return field;
}

const points = [
  [4_000_000, -3_500_000, 4_300_000],
  [-6_800_000, 10, -30],
  [0, 0, 6_850_000],
  [1e-3, -2e-3, -6_850_000],
] as const;

describe('solid harmonics', () => {
  it('equals closed Legendre forms', () => {
    const sh = new SolidHarmonics(3, RADIUS);
    const [x, y, z] = [3e6, -4e6, 4.5e6];
    sh.evaluate(x, y, z);
    const r = Math.hypot(x, y, z);
    const s = z / r;
    const c = Math.hypot(x, y) / r;
    const lon = Math.atan2(y, x);
    const q = RADIUS / r;
    // Heiskanen & Moritz (1967), table of fully normalized functions; a few ulp of each value.
    expect(sh.v[triangleIndex(2, 0)]).toBeCloseTo(q ** 3 * Math.sqrt(5) * (1.5 * s * s - 0.5), 13);
    expect(sh.w[triangleIndex(2, 2)]).toBeCloseTo(q ** 3 * Math.sqrt(15 / 4) * c * c * Math.sin(2 * lon), 13);
    expect(sh.v[triangleIndex(3, 1)]).toBeCloseTo(
      q ** 4 * Math.sqrt(21 / 8) * c * (5 * s * s - 1) * Math.cos(lon),
      13,
    );
    expect(sh.v[triangleIndex(3, 3)]).toBeCloseTo(
      q ** 4 * Math.sqrt(35 / 8) * c ** 3 * Math.cos(3 * lon),
      13,
    );
  });

  it('fulfils the addition theorem to degree 180, at the poles too', () => {
    // Σ_m P̄_nm² = 2n+1 (Hofmann-Wellenhof & Moritz 2006, 1-111 with equal points); rounding of 180 steps: 1e-12.
    for (const [x, y, z] of points) {
      const r = Math.hypot(x, y, z);
      const sh = new SolidHarmonics(180, r);
      sh.evaluate(x, y, z);
      for (const n of [1, 2, 30, 90, 180]) {
        let sum = 0;
        for (let m = 0; m <= n; m++) sum += sh.v[triangleIndex(n, m)] ** 2 + sh.w[triangleIndex(n, m)] ** 2;
        expect(Math.abs(sum / (2 * n + 1) - 1)).toBeLessThan(1e-12);
      }
    }
  });
});

describe('gravity evaluator', () => {
  const field = pseudoRandomField(60);
  const evaluator = new GravityEvaluator(field);

  it('acceleration is the gradient of the potential', () => {
    for (const [x, y, z] of points) {
      const a = new Float64Array(3);
      evaluator.acceleration(x, y, z, a);
      const h = 20;
      const derivative = (i: number) => {
        const p = (k: number) => {
          const q = [x, y, z];
          q[i] += k * h;
          return evaluator.potential(q[0], q[1], q[2]);
        };
        return (45 * (p(1) - p(-1)) - 9 * (p(2) - p(-2)) + (p(3) - p(-3))) / (60 * h);
      };
      // Sixth-order difference: potential 6e7 · 1e-16 / 20 m ≈ 1e-9 m/s² of rounding.
      for (let i = 0; i < 3; i++) expect(Math.abs(a[i] - derivative(i))).toBeLessThan(5e-9);
    }
  });

  it('tensor is the gradient of the acceleration, symmetric, without trace', () => {
    for (const [x, y, z] of points) {
      const t = new Float64Array(9);
      evaluator.gradient(x, y, z, t);
      expect(Math.abs(t[0] + t[4] + t[8])).toBeLessThan(1e-20);
      const h = 20;
      for (let i = 0; i < 3; i++) {
        const at = (k: number) => {
          const q = [x, y, z];
          q[i] += k * h;
          const a = new Float64Array(3);
          evaluator.acceleration(q[0], q[1], q[2], a);
          return a;
        };
        const [p1, m1, p2, m2, p3, m3] = [at(1), at(-1), at(2), at(-2), at(3), at(-3)];
        for (let k = 0; k < 3; k++) {
          const d = (45 * (p1[k] - m1[k]) - 9 * (p2[k] - m2[k]) + (p3[k] - m3[k])) / (60 * h);
          // 9 m/s² · 1e-16 / 20 m ≈ 5e-17 of rounding, ten-fold.
          expect(Math.abs(t[3 * k + i] - d)).toBeLessThan(1e-15);
        }
      }
    }
  });

  it('point mass has the Kepler acceleration', () => {
    const central = emptyGeopotential(0, GM, RADIUS);
    central.c[0] = 1;
    const a = new Float64Array(3);
    new GravityEvaluator(central).acceleration(3e6, 4e6, 5e6, a);
    const r3 = Math.hypot(3e6, 4e6, 5e6) ** 3;
    expect(Math.abs(a[2] + (GM * 5e6) / r3)).toBeLessThan(1e-14);
  });

  it('partials times coefficients give the acceleration', () => {
    const partials = new AccelerationPartials(2, 60, GM, RADIUS);
    const { count, degree, order, kind } = coefficientOrdering(2, 60);
    const rows = new Float64Array(3 * count);
    const without = new GravityEvaluator({
      ...field,
      c: field.c.map((c, i) => (i === 0 ? c : 0)),
      s: field.s.map(() => 0),
    });
    for (const [x, y, z] of points) {
      const [full, central] = [new Float64Array(3), new Float64Array(3)];
      evaluator.acceleration(x, y, z, full);
      without.acceleration(x, y, z, central);
      partials.evaluate(x, y, z, rows, 0, count);
      for (let i = 0; i < 3; i++) {
        let sum = 0;
        for (let p = 0; p < count; p++) {
          const k = triangleIndex(degree[p], order[p]);
          sum += rows[i * count + p] * (kind[p] === 0 ? field.c[k] : field.s[k]);
        }
        // Rounding of 9 m/s² less itself.
        expect(Math.abs(full[i] - central[i] - sum)).toBeLessThan(2e-14);
      }
    }
  });
});
