import type { ObservationSet } from '../arc/observation-set.js';
import type { PreparedArc } from '../arc/prepare-arc.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import type { ResidualStatistics } from '../types.js';

/** Rejected epochs listed by time. */
const MAX_LISTED = 100;

/** Sums of residuals in units of their standard deviations, by kind of row. */
export class ResidualGroups {
  private readonly groups = new Map<number, { count: number; sum: number; max: number }>();

  add(kind: number, value: number): void {
    const group = this.groups.get(kind) ?? { count: 0, sum: 0, max: 0 };
    group.count++;
    group.sum += value * value;
    group.max = Math.max(group.max, Math.abs(value));
    this.groups.set(kind, group);
  }

  statistics(
    { models, rejected }: PreparedArc,
    { positions, rangeRate }: ObservationSet,
  ): ResidualStatistics[] {
    const start = models[0].grid.startGpsSeconds;
    return [...this.groups.entries()]
      .sort(([a], [b]) => b - a)
      .map(([kind, { count, sum, max }]) => {
        const ranging = kind === RANGE_RATE_ROW;
        const { sigma } = ranging ? rangeRate : positions[kind];
        const out = rejected[ranging ? models.length : kind] ?? [];
        return {
          type: ranging ? rangeRate.type : ('position' as const),
          ...(ranging ? {} : { satellite: models[kind].arc.satellite }),
          count,
          rejected: out.length * (ranging ? 1 : 3),
          ...(out.length > 0
            ? { rejectedGpsSeconds: Array.from(out.slice(0, MAX_LISTED), (t) => start + t) }
            : {}),
          rms: sigma * Math.sqrt(sum / count),
          max: sigma * max,
        };
      });
  }
}
