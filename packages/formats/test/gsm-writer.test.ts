import { formatLevel2FileName, parseLevel2FileName, readLevel2, writeLevel2 } from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fixture, sameDoubles } from './helpers.js';

const NAME = 'GSM-2_2008001-2008031_GRAC_UTCSR_BB01_0600';
const real = () => readLevel2([fixture(`level2/${NAME}.gz`)], { file: NAME });
const OPTIONS = {
  startMjd: 54466,
  stopMjd: 54497,
  institution: 'UT-AUSTIN/CSR',
  platform: 'GRACE-A, GRACE-B',
  release: 'RL06',
  mnemonic: 'BB01',
};

describe('Level-2 writer', () => {
  it('writes the real CSR field so that it comes back bit for bit', async () => {
    const { field, startMjd = 0, stopMjd = 0 } = await real();
    const text = writeLevel2(field, { ...OPTIONS, startMjd, stopMjd });
    const again = await readLevel2([Buffer.from(text)], { file: NAME });
    // 12 digits in the original, 12 in the columns
    expect(sameDoubles(again.field.c, field.c)).toBe(true);
    expect(sameDoubles(again.field.s, field.s)).toBe(true);
    expect(sameDoubles(again.field.sigmaC, field.sigmaC)).toBe(true);
    expect(sameDoubles(again.field.sigmaS, field.sigmaS)).toBe(true);
    expect(again).toMatchObject({
      product: 'GSM',
      startMjd: 54466,
      stopMjd: 54497,
      institution: 'UT-AUSTIN/CSR',
      notes: [],
    });
    expect(again.field).toMatchObject({
      gm: field.gm,
      radius: field.radius,
      tideSystem: 'zero_tide',
      maxDegree: 96,
    });
  });

  it('keeps the fixed columns of the original', async () => {
    const { field } = await real();
    const records = (text: string) => text.split('\n').filter((line) => line.startsWith('GRCOF2 '));
    const original = new Map(
      records(fixture(`level2/${NAME}.gz`).toString()).map((line) => [line.slice(0, 16), line]),
    );
    const different: string[] = [];
    for (const line of records(writeLevel2(field, OPTIONS))) {
      const other = original.get(line.slice(0, 16));
      // places of the values: C 18–35, S 37–54, deviations 56–65 and 67–76, interval and flags from 78 on
      const columns = line.length === 109 && [16, 35, 54, 65, 76].every((k) => line[k] === ' ');
      const values = [
        [17, 35],
        [36, 54],
        [55, 65],
        [66, 76],
      ].every(([from, to]) => !other || Number(line.slice(from, to)) === Number(other.slice(from, to)));
      if (!columns || !values || (other && line.slice(77) !== other.slice(77))) different.push(line);
    }
    expect(different.slice(0, 3)).toEqual([]);
    expect(original.get('GRCOF2    2    0')).toHaveLength(109);
    expect(original.size).toBeGreaterThan(4000);
  });

  it('has a header that any YAML reader takes', async () => {
    const { field } = await real();
    const text = writeLevel2(field, {
      ...OPTIONS,
      title: 'A title: with a colon, "quoted"',
      summary: '# not a comment',
      constrained: true,
    });
    const header = parse(text.slice(0, text.indexOf('# End of YAML header'))).header;
    expect(header.dimensions).toEqual({ degree: 96, order: 96 });
    expect(header.global_attributes.title).toBe('A title: with a colon, "quoted"');
    expect(header.global_attributes.summary).toBe('# not a comment');
    expect(header['non-standard_attributes'].earth_gravity_param.value).toBe(field.gm);
    expect(header.global_attributes.time_coverage_start).toBe('2008-01-01T00:00:00.00');
    expect(text).toContain(' yyyy\n');
    expect(writeLevel2(field, OPTIONS)).toBe(writeLevel2(field, OPTIONS));
  });

  it('writes names as it reads them', () => {
    const parts = parseLevel2FileName(NAME);
    if (!parts) throw new Error('no name');
    expect(formatLevel2FileName(parts)).toBe(NAME);
    // a span that ends within a day and across the year
    expect(formatLevel2FileName({ ...parts, startMjd: 54460.5, stopMjd: 54470.25 })).toBe(
      'GSM-2_2007360-2008005_GRAC_UTCSR_BB01_0600',
    );
  });

  it('refuses what cannot be written', async () => {
    const { field } = await real();
    expect(() => writeLevel2(field, { ...OPTIONS, stopMjd: 54466 })).toThrow(RangeError);
    expect(() => writeLevel2({ ...field, c: field.c.map(() => Number.NaN) }, OPTIONS)).toThrow(/not finite/);
    expect(() => writeLevel2(field, { ...OPTIONS, title: 'two\nlines' })).toThrow(/line end/);
    expect(() => writeLevel2({ ...field, gm: 0 }, OPTIONS)).toThrow(RangeError);
  });
});
