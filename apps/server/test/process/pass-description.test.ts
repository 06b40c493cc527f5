import { decodePassDescription, encodePassDescription, type PassDescription } from '@gravity/server';
import { describe, expect, it } from 'vitest';

const description = (setup: Record<string, unknown>): PassDescription =>
  ({
    setup,
    target: { satellites: ['GRACE-C', 'GRACE-D'] },
    request: { grid: {} },
  }) as unknown as PassDescription;

describe('the description of a pass', () => {
  const setup = {
    referenceField: {
      name: 'Größe',
      gm: 3.986004415e14,
      c: Float64Array.of(1, -0, Number.NaN, 5e-324, 1 / 3),
    },
    earthRotation: { model: 'iers2010', eop: { mjdUtc: Float64Array.of(58_849), x: new Float64Array(0) } },
    sigma: [0.1 + 0.2, -0, Number.POSITIVE_INFINITY, Number.NaN],
    flags: { indices: Int32Array.of(1, -2, 3), bytes: Uint8Array.of(255), nothing: null, useful: false },
  };

  it('comes back the same to the last bit', () => {
    const bytes = encodePassDescription(description(setup));
    expect(decodePassDescription(bytes)).toEqual(description(setup));
    expect(Object.is(decodePassDescription(bytes).setup.referenceField.c[1], -0)).toBe(true);
    expect(encodePassDescription(decodePassDescription(bytes))).toEqual(bytes);
  });

  it('is refused when bytes were changed or cut', () => {
    const bytes = encodePassDescription(description(setup));
    const changed = bytes.slice();
    changed[changed.length - 1] ^= 1;
    expect(() => decodePassDescription(changed)).toThrow('changed');
    expect(() => decodePassDescription(bytes.subarray(0, bytes.length - 8))).toThrow('incomplete');
  });

  it('takes nothing that would be lost on the way', () => {
    const encode = (value: unknown) => () => encodePassDescription(description({ forces: { value } }));
    expect(encode(new Map())).toThrow('pass.setup.forces.value is a Map');
    expect(encode(new Date(0))).toThrow('is a Date');
    expect(encode(() => 1)).toThrow('no plain data');
    expect(encode(Object.create(null))).not.toThrow();
  });
});
