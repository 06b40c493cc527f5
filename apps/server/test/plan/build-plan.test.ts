import {
  buildPlan,
  type ObservationFile,
  type PlanInput,
  parsePlanParameters,
  summarizeOrbit,
  TaskError,
} from '@gravity/server';
import { describe, expect, it } from 'vitest';

const START = 738849618; // 2023-06-01T00:00:00 UTC
const DAY = 86400;

interface Plan {
  readonly arcs: readonly {
    readonly usable: boolean;
    readonly reason?: string;
    readonly start_time: string;
    readonly data: readonly {
      role: string;
      satellite: string;
      product: string | null;
      coverage: number;
      files: readonly unknown[];
    }[];
  }[];
  readonly usable_arcs: number;
  readonly missing_files: readonly { file_name: string; or: readonly string[] }[];
  readonly parameters: { coefficients: number; arc: number };
  readonly observations: { range_rate: number; position: number; rows: number };
  readonly flops: { normals: number; solution: number };
  readonly memory_bytes: number;
  readonly seconds: number;
  readonly seconds_per_pass: number;
  readonly seconds_per_stochastic_iteration: number;
  readonly seconds_by_algorithm: {
    variational: number;
    short_arc: number;
    acceleration: number;
    orbit: number;
  };
  readonly resolution: { revolutions: number; resolvable_degree: number };
  readonly warnings: readonly { code: string; message: string; severity: string }[];
}

let nextId = 0;
function file(
  product: string,
  satellite: string,
  day: number,
  change: Partial<ObservationFile> = {},
): ObservationFile {
  const gpsStart = START - 18 + day * DAY;
  return {
    id: `00000000-0000-0000-0000-${String(nextId++).padStart(12, '0')}`,
    sha256: '0',
    fileName: `${product} ${satellite} ${day}`,
    product,
    satellite,
    release: '04',
    gpsStart,
    gpsEnd: gpsStart + DAY,
    records: DAY,
    numberColumns: [],
    gaps: [],
    ...change,
  };
}

const fullDay = (day: number) => [
  ...['GRACE-C', 'GRACE-D'].flatMap((s) =>
    ['GNV1B', 'SCA1B', 'ACT1B'].map((product) => file(product, s, day)),
  ),
  file('KBR1B', 'GRACE-C/GRACE-D', day),
];

function plan(parameters: Record<string, unknown>, change: Partial<PlanInput> = {}): Plan {
  const full = {
    start_time: '2023-06-01T00:00:00Z',
    end_time: '2023-06-04T00:00:00Z',
    satellites: ['GRACE-C', 'GRACE-D'],
    degree_max: 30,
    ...parameters,
  };
  return buildPlan({
    parameters: parsePlanParameters(full),
    files: [0, 1, 2, 3].flatMap(fullDay),
    machine: { threads: 2, gigaflopsPerSecond: 26, source: 'test', memoryLimitBytes: 8e9 },
    ...change,
  }) as unknown as Plan;
}

const codes = (p: Plan) => p.warnings.map((warning) => warning.code);

describe('buildPlan', () => {
  it('3 days at degree 30: 46 revolutions resolve it', () => {
    const p = plan({});
    // 3·86400 / 5600
    expect(p.resolution.revolutions).toBeCloseTo(46.3, 1);
    expect(p.resolution.resolvable_degree).toBe(46);
    expect(codes(p)).not.toContain('degree_above_resolution');
    expect(p.usable_arcs).toBe(3);
    expect(p.missing_files).toEqual([]);
  });

  it('warns beyond the resolution, and says what would be needed', () => {
    const p = plan({ degree_max: 60 });
    const warning = p.warnings.find((w) => w.code === 'degree_above_resolution');
    expect(warning?.message).toMatch(
      /46 revolutions, which resolve about degree 46; degree 60 needs about 4 days/,
    );
    // a month resolves degree 120
    const month = plan({ end_time: '2023-07-01T00:00:00Z', degree_max: 120 });
    expect(codes(month)).not.toContain('degree_above_resolution');
  });

  it('counts unknowns, observations and operations', () => {
    const p = plan({});
    // degrees 2 to 30: 31² − 4; per arc and satellite 6 for the state, 3 biases
    expect(p.parameters).toMatchObject({ coefficients: 957, arc: 3 * 2 * 9 });
    // 5 s ranging of 3 days, positions of two satellites every 30 s
    expect(p.observations.range_rate).toBe(3 * 17280);
    expect(p.observations.position).toBe(3 * 2 * 3 * (2880 + 1));
    // ranging has 17 280 values a day, and the band of degree 30 some 1600: it is compressed, positions are not
    const { rows } = p.observations;
    expect(rows).toBeGreaterThan(p.observations.position + 3 * 1000);
    expect(rows).toBeLessThan(p.observations.position + 3 * 3000);
    // two passes; 18 arc parameters beside the coefficients in each arc
    expect(p.flops.normals).toBe(2 * rows * (957 + 18) ** 2);
    expect(p.flops.solution).toBe(2 * 957 ** 3);
    expect(p.seconds).toBeGreaterThan(p.flops.normals / 26e9);
    // the runtime alone, with four matrices of 7 MB
    expect(p.memory_bytes).toBeGreaterThan(4 * 8 * 957 ** 2);
    expect(p.memory_bytes).toBeLessThan(1e9);
    expect(codes(p)).not.toContain('memory');
    const large = plan({ degree_max: 180 }).warnings.find(({ code }) => code === 'memory');
    expect(large).toMatchObject({ severity: 'warning', field: 'degree_max' });
    expect(large?.message).toMatch(
      /^degree 180 has 32757 unknowns and needs about \d+\.\d GB of memory; a job here may take 8\.0 GB .* refused; degree 1[0-7]\d fits$/,
    );
    expect(plan({ degree_max: 121 }).warnings.find(({ code }) => code === 'memory')?.severity).toBe('info');
  });

  it('tells what algorithms and updates of the stochastic model take', () => {
    const p = plan({ degree_max: 60, end_time: '2023-06-02T00:00:00Z' });
    const { variational, short_arc: shortArc, acceleration, orbit } = p.seconds_by_algorithm;
    expect(variational).toBe(p.seconds);
    expect(p.seconds_per_pass).toBe(p.seconds / 2);
    // Residuals of all arcs and a pass.
    expect(p.seconds_per_stochastic_iteration).toBeGreaterThan(p.seconds_per_pass);
    expect(p.seconds_per_stochastic_iteration).toBeLessThan(3 * p.seconds_per_pass);
    // docs/recovery.md: at degree 60 short arcs take 1.7 times as long, accelerations 1.3 times; rates differ by machine.
    expect(shortArc / variational).toBeGreaterThan(1.2);
    expect(shortArc / variational).toBeLessThan(3);
    expect(acceleration / variational).toBeGreaterThan(0.7);
    expect(acceleration / variational).toBeLessThan(2);
    expect(orbit).toBeLessThan(variational);
  });

  it('names the files that are missing, per satellite and day', () => {
    const files = [
      fullDay(0),
      fullDay(1).filter((f) => f.product !== 'KBR1B' && f.satellite !== 'GRACE-D'),
      fullDay(2),
      fullDay(3),
    ].flat();
    const p = plan({}, { files });
    expect(p.arcs.map((arc) => arc.usable)).toEqual([true, false, true]);
    // although the day before reaches 18 s into the arc
    expect(p.arcs[1].reason).toBe('no orbit of GRACE-D');
    expect(p.missing_files).toContainEqual({
      file_name: 'GNV1B_2023-06-02_D_04.txt',
      or: ['GNI1B_2023-06-02_D_04.txt', 'table_orbit of GRACE-D for 2023-06-02'],
    });
    expect(p.missing_files.map((m) => m.file_name)).toEqual([
      'GNV1B_2023-06-02_D_04.txt',
      'SCA1B_2023-06-02_D_04.txt',
      'ACT1B_2023-06-02_D_04.txt',
      'KBR1B_2023-06-02_Y_04.txt',
    ]);
    expect(codes(p)).toEqual(expect.arrayContaining(['missing_data', 'no_ranging', 'no_accelerometer']));
  });

  it('sees gaps inside of a file, and does not take an excerpt for a day', () => {
    const start = START - 18;
    const gaps = [{ afterGpsSeconds: start + 20_000, beforeGpsSeconds: start + 63_200 }];
    const half = fullDay(0).map((f) => (f.product === 'KBR1B' ? { ...f, gaps } : f));
    const p = plan({ end_time: '2023-06-02T00:00:00Z' }, { files: [...half, ...fullDay(1)] });
    const ranging = p.arcs[0].data.find((item) => item.role === 'ranging');
    expect(ranging?.coverage).toBeCloseTo(0.5, 3);
    expect(p.arcs[0].usable).toBe(true);
    const excerpt = fullDay(0).map((f) => ({ ...f, gpsEnd: f.gpsStart + 100 }));
    const short = plan({ end_time: '2023-06-02T00:00:00Z' }, { files: excerpt });
    expect(short.usable_arcs).toBe(0);
    expect(codes(short)).toContain('no_usable_arc');
    expect(short.missing_files.length).toBe(7);
  });

  it('prefers KBR, takes LRI where it is the one that covers the arc', () => {
    const lri = file('LRI1B', 'GRACE-C/GRACE-D', 0);
    const kbr = { ...file('KBR1B', 'GRACE-C/GRACE-D', 0), gpsEnd: lri.gpsStart + 10_000 };
    const others = [...fullDay(0), ...fullDay(1)].filter((f) => f.product !== 'KBR1B');
    const p = plan({ end_time: '2023-06-02T00:00:00Z' }, { files: [...others, kbr, lri] });
    expect(p.arcs[0].data.find((item) => item.role === 'ranging')?.product).toBe('LRI1B');
    // 2 s steps
    expect(p.observations.range_rate).toBeGreaterThan(43_000);
  });

  it('warns of one satellite, of the Earth orientation table, of the polar gap', () => {
    const single = plan({ satellites: ['GRACE-C'] });
    expect(codes(single)).toContain('single_satellite');
    expect(single.observations.range_rate).toBe(0);
    const span = { startGpsSeconds: START - DAY, endGpsSeconds: START + 2 * DAY };
    const late = plan({}, { eopSpans: [span] });
    expect(late.warnings.find((w) => w.code === 'outside_earth_orientation')?.message).toContain(
      '2023-06-03T00:00:00Z',
    );
    expect(codes(plan({ end_time: '2023-06-03T00:00:00Z' }, { eopSpans: [span] }))).not.toContain(
      'outside_earth_orientation',
    );
    expect(codes(plan({}))).toContain('inclination_unknown');
    const orbit = {
      source: 'x',
      semiMajorAxis: 6.87e6,
      periodSeconds: 5668,
      inclination: (66 * Math.PI) / 180,
    };
    const icy = plan({}, { orbit });
    expect(icy.warnings.find((w) => w.code === 'polar_gap')?.message).toMatch(
      /24\.0°.*orders up to about 12/,
    );
  });

  it('names the dates of the model files that the computation will need', () => {
    const dealiasing = (parameters: Record<string, unknown>, change: Partial<PlanInput> = {}) =>
      plan(parameters, change).warnings.find((w) => w.code === 'no_dealiasing')?.message;
    // The interval ends 18 s after 0h GPS: the first set of the last date is before the end, the second after it.
    expect(dealiasing({})).toMatch(/AOD1B files of 2023-06-01, 2023-06-02, 2023-06-03, 2023-06-04 in/);
    // The set of 21h is the last of a date: what ends later needs the file of the next one.
    const until = (end_time: string) => dealiasing({ start_time: '2023-06-01T06:00:00Z', end_time });
    expect(until('2023-06-01T20:59:00Z')).toMatch(/files of 2023-06-01 in/);
    expect(until('2023-06-01T21:01:00Z')).toMatch(/files of 2023-06-01, 2023-06-02 in/);
    expect(dealiasing({ end_time: '2023-07-01T00:00:00Z' })).toMatch(/06-10, … \(31 days to 2023-07-01\)/);
    // Simulated data feel what they were simulated with.
    expect(dealiasing({ satellites: ['SIM-A', 'SIM-B'] })).toBeUndefined();
    const files = [file('GNV1B', 'GRACE-C', 0, { statedForces: 'none' })];
    expect(dealiasing({}, { files })).toBeUndefined();

    const spans = [
      { startGpsSeconds: START - DAY, endGpsSeconds: START + DAY },
      { startGpsSeconds: START + 2 * DAY, endGpsSeconds: START + 9 * DAY },
    ];
    const rotation = plan({}, { eopSpans: spans }).warnings.find(
      (w) => w.code === 'outside_earth_orientation',
    );
    // From 18 s of the second date (GPS) to 18 s of the third.
    expect(rotation?.message).toContain('interval: 2023-06-02, 2023-06-03 not covered');
  });

  it('cuts arcs of the length asked for', () => {
    expect(plan({ arc_length_hours: 6 }).arcs.length).toBe(12);
    expect(plan({ arc_length_hours: 6 }).arcs[1].start_time).toBe('2023-06-01T06:00:00Z');
  });

  it('names wrong parameters by field', () => {
    try {
      plan({ end_time: '2023-05-01T00:00:00Z', satellites: [], degree_max: 'x' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TaskError);
      expect((error as TaskError).errors.map((e) => e.field).sort()).toEqual([
        'degree_max',
        'degree_max',
        'end_time',
        'satellites',
      ]);
    }
  });
});

describe('summarizeOrbit', () => {
  it('finds axis and inclination of a circular orbit, also from Earth-fixed states', () => {
    const a = 6.87e6;
    const i = (89 * Math.PI) / 180;
    const n = Math.sqrt(3.986004418e14 / a ** 3);
    const w = 7.292115e-5;
    const gpsSeconds = Float64Array.from({ length: 60 }, (_, k) => 100 * k);
    const position: number[] = [];
    const velocity: number[] = [];
    for (const t of gpsSeconds) {
      const [c, s] = [Math.cos(n * t), Math.sin(n * t)];
      const r = [a * c, a * s * Math.cos(i), a * s * Math.sin(i)];
      const v = [-a * n * s, a * n * c * Math.cos(i), a * n * c * Math.sin(i)];
      // into the frame that turns with w about z
      const [cw, sw] = [Math.cos(w * t), Math.sin(w * t)];
      const turn = ([x, y, z]: number[]) => [cw * x + sw * y, -sw * x + cw * y, z];
      position.push(...turn(r));
      velocity.push(...turn([v[0] + w * r[1], v[1] - w * r[0], v[2]]));
    }
    const state = {
      frame: 'terrestrial' as const,
      gpsSeconds,
      position: Float64Array.from(position),
      velocity: Float64Array.from(velocity),
    };
    const summary = summarizeOrbit(state, 'test');
    expect(summary?.semiMajorAxis).toBeCloseTo(a, 3);
    expect(summary?.inclination).toBeCloseTo(i, 9);
    // Kepler's third law
    expect(summary?.periodSeconds).toBeCloseTo((2 * Math.PI) / n, 6);
  });
});
