import type { TaskContext } from '../../jobs/task.js';
import { listObservationFiles, loadArc, PRODUCT_USES, pairName } from '../../observations/index.js';
import type { ArcSource, InputFile } from './arc-source.js';
import type { ProcessRequest } from './request.js';

/** Observations of the database. */
export function createDatabaseArcSource({ db }: Pick<TaskContext, 'db'>): ArcSource {
  return {
    async inputs({ satellites, startGpsSeconds, endGpsSeconds }, request) {
      const [first, second] = satellites;
      const files = await listObservationFiles(db, {
        satellites: second === undefined ? [first] : [first, second, pairName([first, second])],
        products: Object.keys(PRODUCT_USES).filter((product) => isWanted(product, request)),
        startGpsSeconds,
        endGpsSeconds,
        ingestedBefore: request.ingestedBefore,
      });
      // Not in the order of ingestion: the same files give the same recipe on another machine.
      return files
        .map(
          ({ id, fileName, product, satellite, sha256, statedForces }): InputFile => ({
            id,
            fileName,
            product,
            satellite,
            sha256,
            ...(statedForces !== undefined && { statedForces }),
          }),
        )
        .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    },

    async load(arc, { satellites }, { observations, ingestedBefore }) {
      const { ranging, rangingObservation, positionSamplingSeconds, useAccelerometer } = observations;
      const loaded = await loadArc(db, {
        ...arc,
        satellites,
        ranging,
        rangingObservation,
        positionSamplingSeconds,
        useAccelerometer,
        ingestedBefore,
      });
      const chosen = loaded.report.filter((entry) => entry.chosen);
      return {
        observations: loaded.observations,
        missing: loaded.missing,
        excluded: chosen.flatMap(({ satellite, product, excluded }) =>
          excluded.map(({ reason, count }) => ({ satellite, product, reason, count })),
        ),
        usedFiles: chosen.flatMap(({ files }) => files.map(({ id }) => id)),
      };
    },
  };
}

const sortKey = ({ satellite, product, fileName, sha256 }: InputFile): string =>
  [satellite, product, fileName, sha256].join('\n');

/** Products from which the loader may choose under this request. */
function isWanted(product: string, { observations }: ProcessRequest): boolean {
  const { ranging, useAccelerometer } = observations;
  if (['KBR1B', 'LRI1B', 'table_range_rate'].includes(product)) {
    return ranging === 'auto' || product === (ranging === 'table' ? 'table_range_rate' : ranging);
  }
  return useAccelerometer || /^(GN[VI]1B|table_orbit)$/.test(product);
}
