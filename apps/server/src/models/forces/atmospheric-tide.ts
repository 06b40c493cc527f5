import { openArchive, readAllBytes, readAod1bTide, readOceanTides } from '@gravity/formats';
import { type Doodson, doodsonWarburgPhase, type HarmonicWave, waveOfCosineSine } from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import type { ModelReference } from '../types.js';
import type { OpenUserFile } from '../user-file.js';
import { readHashed } from './hashed-stream.js';
import { wavesOf } from './ocean-tide.js';

const FIELD = 'background_models.forces.atmospheric_tide';
const MAX_BYTES = 64 * 1024 * 1024;

/** Doodson multipliers of the waves of AOD1B (product description of release 06, Dobslaw et al. 2017). */
const WAVES: Readonly<Record<string, Doodson>> = {
  P1: [1, 1, -2, 0, 0, 0],
  S1: [1, 1, -1, 0, 0, 1],
  K1: [1, 1, 0, 0, 0, 0],
  N2: [2, -1, 0, 1, 0, 0],
  M2: [2, 0, 0, 0, 0, 0],
  L2: [2, 1, 0, -1, 0, 0],
  T2: [2, 2, -3, 0, 0, 1],
  S2: [2, 2, -2, 0, 0, 0],
  R2: [2, 2, -1, 0, 0, -1],
  T3: [3, 3, -4, 0, 0, 0],
  S3: [3, 3, -3, 0, 0, 0],
  R3: [3, 3, -2, 0, 0, 0],
};

/**
 * Tides of the atmosphere: files of AOD1B (one wave each, also in archives), or of Doodson coefficients.
 *
 * @throws TaskError `invalid_atmospheric_tide` naming the file
 */
export async function loadAtmosphericTide(
  names: readonly string[],
  degreeMax: number,
  openUserFile: OpenUserFile,
): Promise<{ readonly waves: readonly HarmonicWave[]; readonly references: readonly ModelReference[] }> {
  const waves = new Map<string, HarmonicWave>();
  const references: ModelReference[] = [];
  for (const [i, name] of names.entries()) {
    const field = names.length > 1 ? `${FIELD}[${i}]` : FIELD;
    const { sha256 } = await readHashed(
      await openUserFile(name, field),
      field,
      'invalid_atmospheric_tide',
      async (source) => {
        for await (const member of openArchive(source, { file: name })) {
          const bytes = await readAllBytes(member.stream, member.name, MAX_BYTES);
          for (const wave of await readWaves(bytes, member.name, field, degreeMax)) {
            const key = wave.doodson.join(' ');
            if (waves.has(key)) throw invalid(field, `${member.name}: the wave ${wave.name} comes twice`);
            waves.set(key, wave);
          }
        }
      },
    );
    references.push({ role: 'atmospheric_tide', name, sha256, source: 'file of the user' });
  }
  return { waves: [...waves.values()], references };
}

async function readWaves(
  bytes: Uint8Array,
  file: string,
  field: string,
  degreeMax: number,
): Promise<readonly HarmonicWave[]> {
  const head = Buffer.from(bytes.subarray(0, 20_000)).toString('latin1');
  if (!/END OF HEADER/.test(head))
    return wavesOf(await readOceanTides([bytes], { file, maxDegree: degreeMax }), degreeMax);
  const { wave, maxDegree, cosine, sine } = await readAod1bTide([bytes], { file, maxDegree: degreeMax });
  if (!Object.hasOwn(WAVES, wave)) {
    throw invalid(field, `${file}: unknown wave ${wave}; known: ${Object.keys(WAVES).join(', ')}`);
  }
  const doodson = WAVES[wave];
  return [waveOfCosineSine(wave, doodson, maxDegree, cosine, sine, doodsonWarburgPhase(doodson))];
}

function invalid(field: string, message: string): TaskError {
  return new TaskError('invalid_atmospheric_tide', message, [{ field, message }]);
}
