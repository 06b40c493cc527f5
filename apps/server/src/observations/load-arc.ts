import type {
  AccelerometerSeries,
  ArcObservations,
  AttitudeSeries,
  RangingObservation,
  RangingSeries,
  SatelliteArc,
} from '@gravity/recovery';
import type { Database } from '../db/database.js';
import { listObservationFiles, type ObservationFile } from './files.js';
import { PRODUCT_USES } from './product-table.js';
import { pairName } from './satellite-names.js';
import { loadSeries, type Series, type SeriesReport } from './series.js';

export interface ArcQuery {
  /** One satellite, or the two of a pair. */
  readonly satellites: readonly string[];
  /** The arc is [start, end]. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  /** 'auto': KBR1B, unless another covers clearly more of the arc. */
  readonly ranging: 'auto' | 'KBR1B' | 'LRI1B' | 'table' | 'none';
  /** Default range_rate; with the others the rates are loaded too. */
  readonly rangingObservation?: RangingObservation;
  /** Positions at multiples of this, s. */
  readonly positionSamplingSeconds: number;
  /** Accelerations and attitude at multiples of this, s; all by default. */
  readonly accelerometerSamplingSeconds?: number;
  /** Without, attitude is not read either. */
  readonly useAccelerometer: boolean;
  /** Frame of the orbits; 'auto': what there is, GNV1B first. */
  /** ISO time; files ingested later are left out. */
  readonly ingestedBefore?: string;
  readonly frames?: 'auto' | 'terrestrial' | 'celestial';
}

export interface LoadedArc {
  /** Satellites without orbit are left out. */
  readonly observations: ArcObservations;
  /** One entry per product and satellite that was read, also for those read and not preferred. */
  readonly report: readonly (SeriesReport & { readonly chosen: boolean })[];
  /** What was wanted and is not there, e.g. "no orbit of GRACE-D". */
  readonly missing: readonly string[];
}

/** Accelerations and attitude reach a little beyond the arc, so that they can be interpolated at its ends. */
const PADDING_SECONDS = 60;
/** A product that covers this share of the arc is taken without looking at the others. */
const ENOUGH = 0.9;

/**
 * The observations of one arc from the database: orbits, ranging with light-time and antenna corrections added,
 * accelerations and attitude. Epochs are GPS seconds, each once; records with bad flags are left out (see
 * product-table).
 */
export async function loadArc(db: Database, query: ArcQuery): Promise<LoadedArc> {
  const { satellites } = query;
  const names =
    satellites.length === 2 ? [...satellites, pairName([satellites[0], satellites[1]])] : satellites;
  const files = await listObservationFiles(db, {
    satellites: names,
    products: Object.keys(PRODUCT_USES),
    startGpsSeconds: query.startGpsSeconds - PADDING_SECONDS,
    endGpsSeconds: query.endGpsSeconds + PADDING_SECONDS,
    ingestedBefore: query.ingestedBefore,
  });
  const loader = new ArcLoader(db, query, files);
  const arcs: SatelliteArc[] = [];
  for (const satellite of satellites) {
    const arc = await loader.satellite(satellite);
    if (arc) arcs.push(arc);
  }
  const ranging =
    satellites.length === 2 && query.ranging !== 'none'
      ? await loader.ranging(names[2], query.ranging)
      : undefined;
  const { startGpsSeconds, endGpsSeconds } = query;
  return {
    observations: { startGpsSeconds, endGpsSeconds, satellites: arcs, ...(ranging && { ranging }) },
    report: loader.report,
    missing: loader.missing,
  };
}

const RATE_COLUMNS = ['range_rate', 'light_time_rate', 'antenna_rate'] as const;
const MORE_COLUMNS = {
  range: ['biased_range', 'light_time_range', 'antenna_range'],
  range_acceleration: ['range_acceleration', 'light_time_acceleration', 'antenna_acceleration'],
} as const;

interface Candidate {
  readonly product: string;
  /** In place of those of the product table. */
  readonly values?: readonly string[];
  readonly frame?: 'terrestrial' | 'celestial';
}

class ArcLoader {
  readonly report: (SeriesReport & { chosen: boolean })[] = [];
  readonly missing: string[] = [];
  readonly #db: Database;
  readonly #query: ArcQuery;
  readonly #files: readonly ObservationFile[];

  constructor(db: Database, query: ArcQuery, files: readonly ObservationFile[]) {
    this.#db = db;
    this.#query = query;
    this.#files = files;
  }

  async satellite(satellite: string): Promise<SatelliteArc | undefined> {
    const { positionSamplingSeconds, accelerometerSamplingSeconds, useAccelerometer } = this.#query;
    const orbit = await this.#best(
      satellite,
      orbitCandidates(this.#query.frames ?? 'auto'),
      positionSamplingSeconds,
      0,
    );
    if (!orbit) {
      this.missing.push(`no orbit of ${satellite}`);
      return undefined;
    }
    const frame = orbit.candidate.frame ?? 'celestial';
    const [position, velocity] = split(orbit.series.values, 6, 3);
    const state = { frame, gpsSeconds: orbit.series.gpsSeconds, position, velocity };
    if (!useAccelerometer) return { satellite, orbit: state };
    const load = (products: readonly string[]) =>
      this.#best(
        satellite,
        products.map((product) => ({ product })),
        accelerometerSamplingSeconds,
        PADDING_SECONDS,
      );
    const accelerations = await load(['ACT1B', 'ACC1B', 'table_accelerometer']);
    const attitudes = await load(['SCA1B', 'table_attitude']);
    if (!accelerations) this.missing.push(`no accelerometer of ${satellite}`);
    if (!attitudes) this.missing.push(`no attitude of ${satellite}`);
    const accelerometer: AccelerometerSeries | undefined = accelerations && {
      gpsSeconds: accelerations.series.gpsSeconds,
      acceleration: accelerations.series.values,
    };
    const attitude: AttitudeSeries | undefined = attitudes && {
      gpsSeconds: attitudes.series.gpsSeconds,
      quaternion: continuous(attitudes.series.values),
    };
    return {
      satellite,
      orbit: state,
      ...(accelerometer && { accelerometer }),
      ...(attitude && { attitude }),
    };
  }

  async ranging(pair: string, wish: ArcQuery['ranging']): Promise<RangingSeries | undefined> {
    const products =
      wish === 'auto'
        ? ['KBR1B', 'LRI1B', 'table_range_rate']
        : [wish === 'table' ? 'table_range_rate' : wish];
    const observation = this.#query.rangingObservation ?? 'range_rate';
    const more = observation === 'range_rate' ? [] : MORE_COLUMNS[observation];
    const found = await this.#best(
      pair,
      products.map((product) => ({ product, values: [...RATE_COLUMNS, ...more] })),
      undefined,
      0,
    );
    const what = observation.replace('_', ' ');
    const usable = found && withoutNaN(found.series, more.length > 0 ? 3 : 0);
    if (!found || usable?.gpsSeconds.length === 0) {
      const lack = found ? ` with ${what}s` : '';
      this.missing.push(`no ranging of ${pair}${wish === 'auto' ? '' : ` (${wish})`}${lack}`);
      return undefined;
    }
    const { values, width, gpsSeconds } = usable ?? found.series;
    // measured + light time + antenna centre; tables have no corrections
    const corrected = (at: number) =>
      new Float64Array(gpsSeconds.length).map((_, i) => {
        const k = width * i + at;
        return values[k] + (values[k + 1] || 0) + (values[k + 2] || 0);
      });
    return {
      instrument: found.candidate.product,
      gpsSeconds,
      rangeRate: corrected(0),
      ...(observation === 'range' && { range: corrected(3) }),
      ...(observation === 'range_acceleration' && { rangeAcceleration: corrected(3) }),
    };
  }

  /** The first candidate that covers enough of the arc, else the one that covers most. */
  async #best(
    owner: string,
    candidates: readonly Candidate[],
    samplingSeconds: number | undefined,
    padding: number,
  ): Promise<{ readonly candidate: Candidate; readonly series: Series } | undefined> {
    const { startGpsSeconds, endGpsSeconds } = this.#query;
    let best: { candidate: Candidate; series: Series; coverage: number; entry: number } | undefined;
    for (const candidate of candidates) {
      const { product, frame } = candidate;
      const files = this.#files.filter(
        (f) => f.satellite === owner && f.product === product && (frame === undefined || f.frame === frame),
      );
      if (files.length === 0) continue;
      const series = await loadSeries(this.#db, {
        product,
        satellite: owner,
        startGpsSeconds: startGpsSeconds - padding,
        endGpsSeconds: endGpsSeconds + padding,
        samplingSeconds: usefulSampling(product, samplingSeconds),
        ...(candidate.values && { values: candidate.values }),
        files,
      });
      const coverage = coverageOf(series.gpsSeconds, startGpsSeconds, endGpsSeconds);
      this.report.push({ ...series.report, chosen: false });
      if (series.gpsSeconds.length > 0 && coverage > (best?.coverage ?? -1)) {
        best = { candidate, series, coverage, entry: this.report.length - 1 };
      }
      if (best && best.coverage >= ENOUGH) break;
    }
    if (!best) return undefined;
    this.report[best.entry].chosen = true;
    return best;
  }
}

function orbitCandidates(frames: 'auto' | 'terrestrial' | 'celestial'): Candidate[] {
  const all: Candidate[] = [
    { product: 'GNV1B', frame: 'terrestrial' },
    { product: 'GNI1B', frame: 'celestial' },
    { product: 'table_orbit', frame: 'terrestrial' },
    { product: 'table_orbit', frame: 'celestial' },
  ];
  return frames === 'auto' ? all : all.filter(({ frame }) => frame === frames);
}

/** A sampling that every record meets needs no condition. */
function usefulSampling(product: string, wanted: number | undefined): number | undefined {
  return wanted === undefined || wanted === PRODUCT_USES[product].stepSeconds ? undefined : wanted;
}

/** Share of [start, end] with epochs, a step longer than twice the median counting as a gap. */
function coverageOf(epochs: Float64Array, start: number, end: number): number {
  if (epochs.length < 2) return 0;
  const steps = new Float64Array(epochs.length - 1).map((_, i) => epochs[i + 1] - epochs[i]);
  const step = steps.slice().sort()[steps.length >> 1];
  let covered = step;
  for (const length of steps) if (length <= 2 * step) covered += length;
  return Math.min(1, covered / Math.max(1, end - start));
}

/** The epochs whose value at a place is there. */
function withoutNaN({ gpsSeconds, values, width, report }: Series, at: number): Series {
  const keep = [...gpsSeconds.keys()].filter((i) => !Number.isNaN(values[width * i + at]));
  if (keep.length === gpsSeconds.length) return { gpsSeconds, values, width, report };
  const kept = new Float64Array(width * keep.length);
  keep.forEach((i, k) => {
    kept.set(values.subarray(width * i, width * (i + 1)), width * k);
  });
  return { gpsSeconds: Float64Array.from(keep, (i) => gpsSeconds[i]), values: kept, width, report };
}

/** Parts of rows: [0, at) and [at, width) of each. */
function split(values: Float64Array, width: number, at: number): [Float64Array, Float64Array] {
  const count = values.length / width;
  const first = new Float64Array(count * at);
  const second = new Float64Array(count * (width - at));
  for (let i = 0; i < count; i++) {
    first.set(values.subarray(i * width, i * width + at), i * at);
    second.set(values.subarray(i * width + at, (i + 1) * width), i * (width - at));
  }
  return [first, second];
}

/** q and −q are the same attitude; neighbours on one side can be interpolated. */
function continuous(quaternion: Float64Array): Float64Array {
  for (let i = 4; i < quaternion.length; i += 4) {
    let product = 0;
    for (let k = 0; k < 4; k++) product += quaternion[i + k] * quaternion[i + k - 4];
    if (product < 0) for (let k = 0; k < 4; k++) quaternion[i + k] = -quaternion[i + k];
  }
  return quaternion;
}
