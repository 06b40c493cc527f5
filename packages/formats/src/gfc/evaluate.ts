import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { GfcModel, GfcTerm } from './types.js';

const DAYS_PER_YEAR = 365.25;

/**
 * The field of a (time-variable) model at an epoch.
 *
 * For each coefficient the records whose interval t0 ≤ t < t1 holds the epoch are summed:
 * G(t) = gfct + trnd·(t−t0) + Σ acos·cos(2π(t−t0)/p) + asin·sin(2π(t−t0)/p), with t0 of each record, t in years
 * of 365.25 days (Barthelmes & Förste 2011). Intervals are chosen record by record: offsets may be yearly and
 * periods half a century long. Before the first or after the last offset of a coefficient its records at that
 * edge are used, the trend standing still there.
 *
 * Standard deviations are those of the offset records.
 *
 * @param mjd epoch, MJD (the time scale is not specified by the format; a minute is of no account)
 */
export function evaluateGfcAt(model: GfcModel, mjd: number): Geopotential {
  const { constant } = model;
  if (model.timeVariable.length === 0) return constant;
  const c = constant.c.slice();
  const s = constant.s.slice();
  const sigmaC = constant.sigmaC?.slice();
  const sigmaS = constant.sigmaS?.slice();
  for (const { degree, order, terms } of model.timeVariable) {
    const i = triangleIndex(degree, order);
    const inside = clampToOffsets(terms, mjd);
    for (const term of terms) {
      if (!(term.startMjd <= inside && inside < term.stopMjd)) continue;
      const factor = factorOf(term, term.kind === 'trend' ? inside : mjd);
      c[i] += term.c * factor;
      s[i] += term.s * factor;
      if (term.kind === 'offset' && sigmaC && sigmaS) {
        sigmaC[i] = term.sigmaC;
        sigmaS[i] = term.sigmaS;
      }
    }
  }
  return { ...constant, c, s, ...(sigmaC && sigmaS && { sigmaC, sigmaS }) };
}

function factorOf(term: GfcTerm, mjd: number): number {
  const years = (mjd - term.referenceMjd) / DAYS_PER_YEAR;
  if (term.kind === 'offset') return 1;
  if (term.kind === 'trend') return years;
  const phase = (2 * Math.PI * years) / (term.periodYears ?? 1);
  return term.kind === 'cosine' ? Math.cos(phase) : Math.sin(phase);
}

/** The epoch, or the nearest one that an offset record covers (the last moment before an end is half open). */
function clampToOffsets(terms: readonly GfcTerm[], mjd: number): number {
  let nearest = mjd;
  let distance = Number.POSITIVE_INFINITY;
  for (const term of terms) {
    if (term.kind !== 'offset') continue;
    if (term.startMjd <= mjd && mjd < term.stopMjd) return mjd;
    const edge = mjd < term.startMjd ? term.startMjd : term.stopMjd - 1e-6;
    if (Math.abs(edge - mjd) < distance) {
      distance = Math.abs(edge - mjd);
      nearest = edge;
    }
  }
  return nearest;
}
