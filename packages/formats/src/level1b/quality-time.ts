import type { ProductLimits } from './quality-limits.js';
import { type Tally, tally } from './quality-tally.js';
import type { QualityGap, QualityOptions } from './quality-types.js';
import type { Level1bBatch } from './types.js';

/** Order, duplicates, gaps and interval of the epochs. */
export class TimeChecks {
  count = 0;
  inside = 0;
  first = Number.NaN;
  last = Number.NaN;
  gapCount = 0;
  missing = 0;
  gapSeconds = 0;
  readonly gaps: QualityGap[] = [];
  readonly faults = new Map<string, Tally>();
  readonly #limits: ProductLimits;
  readonly #options: QualityOptions;
  #whole = Number.NaN;
  #fraction = 0;

  constructor(limits: ProductLimits, options: QualityOptions) {
    this.#limits = limits;
    this.#options = options;
  }

  add(batch: Level1bBatch): void {
    const { stepSeconds, oneRecordPerEpoch } = this.#limits;
    const { interval, maxGaps = 100 } = this.#options;
    for (let i = 0; i < batch.count; i++) {
      const whole = batch.wholeSeconds[i];
      const fraction = batch.fractionSeconds[i];
      const t = batch.gpsSeconds[i];
      const line = batch.firstLine + i;
      if (interval && (t < interval.startGpsSeconds || t >= interval.stopGpsSeconds)) {
        tally(this.faults, 'outside', line);
      } else this.inside++;
      if (this.count === 0) this.first = t;
      else {
        const step = whole - this.#whole + (fraction - this.#fraction);
        if (step < 0) tally(this.faults, 'order', line);
        else if (step === 0) {
          if (oneRecordPerEpoch) tally(this.faults, 'duplicate', line);
        } else if (stepSeconds !== undefined && step > 1.5 * stepSeconds) {
          const missingRecords = Math.max(1, Math.round(step / stepSeconds) - 1);
          this.gapCount++;
          this.missing += missingRecords;
          this.gapSeconds += step - stepSeconds;
          if (this.gaps.length < maxGaps) {
            this.gaps.push({ afterGpsSeconds: this.last, beforeGpsSeconds: t, missingRecords });
          }
        }
      }
      this.#whole = whole;
      this.#fraction = fraction;
      this.last = t;
      this.count++;
    }
  }
}
