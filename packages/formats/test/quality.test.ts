import {
  createQualityCollector,
  openLevel1b,
  type QualityReport,
  writeKbr1b,
  writeSca1b,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';

const START = 738849600;

async function report(
  gpsSeconds: number[],
  change: (rows: { rangeRate: number[]; range: number[] }) => void = () => {},
  interval?: { startGpsSeconds: number; stopGpsSeconds: number },
): Promise<QualityReport> {
  const rows = { rangeRate: gpsSeconds.map(() => 0.1), range: gpsSeconds.map(() => -4e5) };
  change(rows);
  let text = '';
  const input = {
    created: '2026-01-01T00:00:00Z',
    gpsSeconds,
    biasedRange: rows.range,
    rangeRate: rows.rangeRate,
    rangeAcceleration: gpsSeconds.map(() => 0),
    qualityFlags: gpsSeconds.map((_, i) => (i % 4 === 0 ? 0b1000_0001 : 0)),
  };
  for await (const chunk of writeKbr1b(input)) text += chunk;
  const file = await openLevel1b([Buffer.from(text)], { file: 'KBR1B_2023-06-01_Y_04.txt', batchRows: 3 });
  const collector = createQualityCollector(file.header, { interval, maxGaps: 2 });
  for await (const batch of file.batches) collector.add(batch);
  return collector.finish();
}

const every5 = (n: number) => Array.from({ length: n }, (_, i) => START + 5 * i);
const codes = (r: QualityReport) => r.issues.map((issue) => issue.code);

describe('quality report', () => {
  it('finds gaps across batch borders, lists the first and counts all', async () => {
    const times = every5(100).filter((_, i) => ![3, 10, 11, 50].includes(i));
    const result = await report(times);
    expect(result.gaps).toEqual({
      count: 3,
      missingRecords: 4,
      totalSeconds: 20,
      list: [
        { afterGpsSeconds: START + 10, beforeGpsSeconds: START + 20, missingRecords: 1 },
        { afterGpsSeconds: START + 45, beforeGpsSeconds: START + 60, missingRecords: 2 },
      ],
    });
    expect(codes(result)).toEqual(['gap']);
    expect(result.severity).toBe('warning');
  });

  it('finds duplicates and epochs out of order', async () => {
    const result = await report([START, START + 5, START + 5, START + 10, START + 5, START + 15]);
    expect(result.duplicateEpochs).toBe(1);
    expect(codes(result)).toEqual(['time_order', 'duplicate_epoch', 'gap']);
    // header of 163 lines: record 1 stands in line 164 of a KBR1B file with this history
    const [order, duplicate] = result.issues;
    expect(order.firstLine! - duplicate.firstLine!).toBe(2);
    expect(result.severity).toBe('error');
  });

  it('counts epochs outside the interval and the completeness inside', async () => {
    const interval = { startGpsSeconds: START + 10, stopGpsSeconds: START + 60 };
    const result = await report(every5(10), undefined, interval);
    expect(result.outsideInterval).toBe(2);
    expect(result.completeness).toBe(0.8);
    expect(codes(result)).toEqual(['outside_interval']);
    expect(result.severity).toBe('info');
  });

  it('finds impossible values with their line', async () => {
    const result = await report(every5(9), ({ rangeRate, range }) => {
      rangeRate[4] = -11;
      rangeRate[7] = 12;
      range[2] = 2e7;
    });
    const issues = result.issues.map(({ code, field, count }) => ({ code, field, count }));
    expect(issues).toEqual([
      { code: 'out_of_range', field: 'biased_range', count: 1 },
      { code: 'out_of_range', field: 'range_rate', count: 2 },
    ]);
    expect(result.issues[1].firstLine! - result.issues[0].firstLine!).toBe(2);
    expect(result.statistics.range_rate).toMatchObject({ minimum: -11, maximum: 12 });
  });

  it('counts every flag bit with its meaning', async () => {
    const result = await report(every5(9));
    expect(result.flags).toEqual([
      { column: 'qualflg', bit: 0, meaning: 'Phase break', count: 3 },
      {
        column: 'qualflg',
        bit: 7,
        meaning: 'Interpolated data point (due to gap) exists <= 5 s from center of CRN filter window',
        count: 3,
      },
    ]);
  });

  it('finds values that are not finite in batches from elsewhere', async () => {
    let text = '';
    const input = {
      created: '2026-01-01T00:00:00Z',
      satellite: 'C' as const,
      gpsSeconds: [START],
      quaternion: [1, 0, 0, 0],
    };
    for await (const chunk of writeSca1b(input)) text += chunk;
    const file = await openLevel1b([Buffer.from(text)], { file: 'SCA1B_2023-06-01_C_04.txt' });
    const collector = createQualityCollector(file.header);
    for await (const batch of file.batches) {
      collector.add({ ...batch, numbers: { ...batch.numbers, qual_rss: Float64Array.of(Number.NaN) } });
    }
    expect(collector.finish().issues).toEqual([
      {
        severity: 'error',
        code: 'not_finite',
        message: '1 values of qual_rss are not finite',
        field: 'qual_rss',
        count: 1,
        firstLine: file.header.lineCount + 1,
      },
    ]);
  });

  it('finds quaternions that are none, and the wrong satellite', async () => {
    let text = '';
    const gpsSeconds = [START, START + 1];
    const quaternion = [1, 0, 0, 0, 1 + 2e-6, 0, 0, 0];
    for await (const chunk of writeSca1b({
      created: '2026-01-01T00:00:00Z',
      satellite: 'D',
      gpsSeconds,
      quaternion,
    })) {
      text += chunk;
    }
    const file = await openLevel1b([Buffer.from(text)], { file: 'SCA1B_2023-06-01_C_04.txt' });
    const collector = createQualityCollector(file.header);
    for await (const batch of file.batches) collector.add(batch);
    expect(codes(collector.finish())).toEqual(['satellite_mismatch', 'out_of_range']);
  });
});
