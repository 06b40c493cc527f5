import { type OceanTideModel, readOceanPoleTide, readOceanTides } from '@gravity/formats';
import {
  type HarmonicWave,
  type OceanPoleTideCoefficients,
  waveOfHeights,
  waveOfStokes,
} from '@gravity/geodesy';
import { readAsset, sha256 } from '../assets.js';
import type { ModelReference } from '../types.js';
import { type OpenUserFile, readUserFile } from '../user-file.js';

const FES2004_FILE = 'fes2004_8.dat.gz';
const FIELD = 'background_models.forces.ocean_tide';
const POLE_FIELD = 'background_models.forces.ocean_pole_tide';

let fes2004: Promise<{ readonly model: OceanTideModel; readonly sha256: string }> | undefined;

/**
 * Waves of the ocean tide to a degree: the FES2004 that ships, or a file of the user (Stokes coefficients or heights
 * in Doodson form).
 *
 * @throws TaskError `invalid_ocean_tide` naming file and line
 */
export async function loadOceanTide(
  name: string,
  degreeMax: number,
  openUserFile: OpenUserFile,
): Promise<{ readonly waves: readonly HarmonicWave[]; readonly reference: ModelReference }> {
  const read = (bytes: Uint8Array, file: string) => readOceanTides([bytes], { file, maxDegree: degreeMax });
  if (name === 'fes2004') {
    fes2004 ??= readAsset(FES2004_FILE).then(async ({ bytes, sha256 }) => ({
      model: await readOceanTides([bytes], { file: 'fes2004' }),
      sha256,
    }));
    const { model, sha256 } = await fes2004;
    const source =
      'FES2004 of the IERS Conventions 2010, cut at degree 8 (Orekit test resources); admittance';
    return {
      waves: wavesOf(model, degreeMax),
      reference: { role: 'ocean_tide', name, sha256, source },
    };
  }
  const stream = await openUserFile(name, FIELD);
  return readUserFile(stream, name, FIELD, 'invalid_ocean_tide', async (bytes) => ({
    waves: wavesOf(await read(bytes, name), degreeMax),
    reference: {
      role: 'ocean_tide' as const,
      name,
      sha256: sha256(bytes),
      source: 'file of the user; admittance',
    },
  }));
}

/** Waves of a model, cut at a degree: what is not used is not sent to the workers. */
export function wavesOf({ quantity, waves }: OceanTideModel, degreeMax: number): HarmonicWave[] {
  return waves.map((wave) => {
    const size = ((degreeMax + 1) * (degreeMax + 2)) / 2;
    const cut =
      wave.maxDegree <= degreeMax
        ? wave
        : {
            ...wave,
            maxDegree: degreeMax,
            cPlus: wave.cPlus.slice(0, size),
            sPlus: wave.sPlus.slice(0, size),
            cMinus: wave.cMinus.slice(0, size),
            sMinus: wave.sMinus.slice(0, size),
          };
    return quantity === 'stokes' ? waveOfStokes(cut) : waveOfHeights(cut);
  });
}

/** @throws TaskError `invalid_ocean_pole_tide` naming file and line */
export async function loadOceanPoleTide(
  name: string,
  degreeMax: number,
  openUserFile: OpenUserFile,
): Promise<{ readonly coefficients: OceanPoleTideCoefficients; readonly reference: ModelReference }> {
  const stream = await openUserFile(name, POLE_FIELD);
  return readUserFile(stream, name, POLE_FIELD, 'invalid_ocean_pole_tide', async (bytes) => ({
    coefficients: await readOceanPoleTide([bytes], { file: name, maxDegree: degreeMax }),
    reference: {
      role: 'ocean_pole_tide' as const,
      name,
      sha256: sha256(bytes),
      source: 'Desai (2002), IERS Conventions 2010; file of the user',
    },
  }));
}
