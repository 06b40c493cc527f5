import { massSignal } from '@gravity/cli';
import { loadLovePotential, triangleIndex } from '@gravity/geodesy';
import { describe, expect, test } from 'vitest';

const constants = { gm: 3.986004415e14, radius: 6378136.3, tideSystem: 'zero_tide' } as const;

/**
 * C̄_n0 of a bell over the north pole by its definition: Wahr et al. (1998), eq. 13, with the integral over the sphere
 * done by Simpson's rule and Legendre polynomials from their recursion.
 */
function polarBell(n: number, halfWidth: number, ewh: number): number {
  const sharpness = Math.LN2 / (1 - Math.cos(halfWidth / constants.radius));
  const legendre = (x: number) => {
    let [p, q] = [1, 0];
    for (let k = 1; k <= n; k++) [p, q] = [((2 * k - 1) * x * p - (k - 1) * q) / k, p];
    return p;
  };
  const steps = 200_000;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const x = -1 + (2 * i) / steps;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * ewh * Math.exp(-sharpness * (1 - x)) * legendre(x);
  }
  const integral = (sum * 2) / steps / 3;
  // Ĉ_n0 of the layer: (1/4π)∫σ P̄_n0 dΩ = ½√(2n+1)∫σ P_n dx; potential: 3ρ_w(1+k_n)/(R ρ_e (2n+1))
  const layer = 0.5 * Math.sqrt(2 * n + 1) * integral;
  const love = loadLovePotential(n, 'CF')[n];
  return (layer * 3 * 1000 * (1 + love)) / (constants.radius * 5517 * (2 * n + 1));
}

describe('massSignal', () => {
  test('a bell over the pole has the coefficients of its integral', () => {
    const bell = { name: 'pole', latitudeDegrees: 90, longitudeDegrees: 0, halfWidth: 600e3, ewhMeters: 1 };
    const field = massSignal([bell], constants, 30);
    for (const n of [2, 3, 10, 30]) {
      const expected = polarBell(n, 600e3, 1);
      // relative 1e-7: Simpson with 2e5 steps on a bell of width 0.1 in x
      expect(Math.abs(field.c[triangleIndex(n, 0)] / expected - 1)).toBeLessThan(1e-7);
    }
    // symmetric about the axis: nothing but zonals
    for (let n = 2; n <= 30; n++) {
      for (let m = 1; m <= n; m++) {
        expect(Math.abs(field.c[triangleIndex(n, m)])).toBeLessThan(1e-22);
        expect(Math.abs(field.s[triangleIndex(n, m)])).toBeLessThan(1e-22);
      }
    }
  });

  test('no mass in total and no shift of the centre', () => {
    const bell = { name: 'x', latitudeDegrees: 20, longitudeDegrees: 40, halfWidth: 500e3, ewhMeters: 3 };
    const field = massSignal([bell], constants, 8);
    expect(Array.from(field.c.subarray(0, 3))).toEqual([0, 0, 0]);
    expect(Array.from(field.s.subarray(0, 3))).toEqual([0, 0, 0]);
  });
});
