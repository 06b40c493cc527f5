import { formatNumber, parseNumber } from '@gravity/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const parse = (text: string) => {
  const bytes = Buffer.from(`x${text}y`);
  return parseNumber(bytes, 1, bytes.length - 1);
};

describe('parseNumber', () => {
  it('is Number() for every double in every notation', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, fc.integer({ min: 0, max: 20 }), (x, digits) => {
        for (const text of [String(x), x.toExponential(digits), x.toPrecision(Math.max(1, digits))]) {
          expect(parse(text)).toBe(Number(text));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is Number() for decimals next to rounding boundaries', () => {
    // halfway between neighbouring doubles, and a unit of the last decimal to either side
    const mantissa = fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n });
    fc.assert(
      fc.property(mantissa, fc.integer({ min: -40, max: 40 }), (m, e) => {
        const half = Number(m) * 10 ** e;
        for (const digits of [15, 16, 17]) {
          const text = half.toExponential(digits);
          expect(parse(text)).toBe(Number(text));
        }
        const text = `${m}e${e}`;
        expect(parse(text)).toBe(Number(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('is Number() for 16 digits above 2^53, where the last digit is rounded away', () => {
    const digits = fc.bigInt({ min: 9_007_199_254_740_992n, max: 9_999_999_999_999_999n });
    fc.assert(
      fc.property(
        digits,
        fc.integer({ min: -62, max: 62 }),
        fc.integer({ min: 1, max: 15 }),
        (m, e, point) => {
          const text = String(m);
          for (const written of [
            `${m}e${e}`,
            `-${text.slice(0, point)}.${text.slice(point)}e${e}`,
            `0.000${m}`,
          ]) {
            expect(parse(written)).toBe(Number(written));
          }
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('takes plain decimals and nothing else', () => {
    for (const text of [
      '',
      '-',
      '.',
      'e5',
      '1e',
      '1e+',
      '0x10',
      'NaN',
      'nan',
      'inf',
      '1..2',
      '1,5',
      '--1',
      '1 2',
    ]) {
      expect(parse(text), text).toBeNaN();
    }
    expect(parse('1.5D-03')).toBe(0.0015);
    expect(parse('-.5')).toBe(-0.5);
    expect(parse('+7.')).toBe(7);
    expect(Object.is(parse('-0'), -0)).toBe(true);
  });
});

describe('formatNumber', () => {
  it('loses no bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(Object.is(Number(formatNumber(x)), x)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('prints as C does with %.16g', () => {
    // left: what printf("%.16g") of glibc prints
    const cases: readonly (readonly [string, number])[] = [
      ['9.999999999999999e+32', 1e33],
      ['0.0001', 0.0001],
      ['1e-05', 0.00001],
      ['-0.3205872106472599', -0.3205872106472599],
      ['2.468128200422098e-07', 2.468128200422098e-7],
      ['738849600', 738849600],
      ['-404026.3387588505', -404026.3387588505],
      ['123456789012345.6', 123456789012345.6],
      ['1.2345e+20', 1.2345e20],
      ['0', 0],
    ];
    for (const [text, value] of cases) expect(formatNumber(value)).toBe(text);
  });
});
