import { createHash } from 'node:crypto';

/** 2023-06-01T00:00:00 UTC. */
const START = 738_849_618;
const HOUR = 3600;

/** Observations that tell the stub engine what to do in each hour; undefined: no ranging. */
export function stubSource(marks) {
  // Other marks are other files: checkpoints of failed jobs must not fit.
  const sha256 = createHash('sha256').update(JSON.stringify(marks)).digest('hex');
  return () => ({
    inputs: async () => [
      { id: 'file', fileName: 'file.txt', product: 'table_orbit', satellite: 'SIM-A', sha256 },
    ],
    async load(arc) {
      const hour = Math.round((arc.startGpsSeconds - START) / HOUR);
      const mark = marks[hour];
      const gpsSeconds = Float64Array.from({ length: 120 }, (_, i) => arc.startGpsSeconds + 30 * i);
      const state = { position: new Float64Array(360), velocity: new Float64Array(360) };
      const orbit = { frame: 'celestial', gpsSeconds, ...state };
      const rangeRate = new Float64Array(120).fill(mark);
      return {
        observations: {
          ...arc,
          satellites: ['SIM-A', 'SIM-B'].map((satellite) => ({ satellite, orbit })),
          ...(mark !== undefined && { ranging: { instrument: 'stub', gpsSeconds, rangeRate } }),
        },
        missing: mark === undefined ? ['no ranging of SIM-A/SIM-B'] : [],
        excluded: [{ satellite: 'SIM-A', product: 'table_orbit', reason: 'phase break', count: hour + 1 }],
        usedFiles: ['file'],
      };
    },
  });
}
