// Files of the real arc that are in this repository, read into what determineOrbit takes.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { evaluateGfcAt, parseEopC04, parseGfc, readGeorbOrbit, readOceanTides } from '@gravity/formats';
import { createAnalyticalEphemeris, truncateGeopotential, waveOfStokes } from '@gravity/geodesy';
import { tabulateEphemeris } from '@gravity/recovery';

const root = new URL('../../../', import.meta.url);
const bytes = (path) => {
  const data = readFileSync(new URL(path, root));
  return path.endsWith('.gz') ? gunzipSync(data) : data;
};
async function* stream(path) {
  yield bytes(path);
}

/** Degree of the static field, hours of the arc. */
export async function realOrbitData({ degree = 180, hours = 24 } = {}) {
  const fixtures = 'packages/formats/test/fixtures';
  const table = await readGeorbOrbit(
    stream('packages/recovery/test/fixtures/real-orbit/GRACE-C_59412_orbit_crf.orb.gz'),
    {
      file: 'GRACE-C_59412_orbit_crf.orb',
    },
  );
  // The file keeps its epochs in one double of MJD: 1e-7 s off the whole seconds the states belong to.
  const gpsSeconds = table.gpsSeconds.map(Math.round);
  const start = gpsSeconds[0];
  const end = Math.min(start + 3600 * hours, gpsSeconds[gpsSeconds.length - 1]);
  const model = await parseGfc(bytes('apps/server/assets/GGM05C_180.gfc.gz').toString(), { file: 'GGM05C' });
  const field = truncateGeopotential(evaluateGfcAt(model, 59412), degree);
  const eop = parseEopC04(bytes('apps/server/assets/eopc04_14.2018-2022.txt.gz').toString('latin1'), {
    file: 'eopc04_14',
  });
  const ocean = await readOceanTides(stream(`${fixtures}/oceantide/fes2004_Cnm-Snm-8x8.dat`), {
    file: 'fes2004',
  });
  const forces = {
    ephemeris: tabulateEphemeris(createAnalyticalEphemeris(), start, start + 86_400),
    thirdBodies: {},
    relativity: {},
    tides: {
      solid: true,
      solidPole: 'secular2018',
      ocean: { waves: ocean.waves.map(waveOfStokes), admittance: true },
    },
  };
  const setup = {
    referenceField: field,
    // The program the orbit comes from has no sub-daily Earth orientation.
    earthRotation: { model: 'iers2010', eop, subDailyTides: false },
    forces,
    sigmaRangeRate: 1e-7,
    sigmaPosition: 0.01,
    positionSamplingSeconds: 10,
    accelerometerBias: 'none',
    accelerometerScale: false,
    rangingEmpirical: 'none',
  };
  const orbit = { frame: 'celestial', gpsSeconds, position: table.position, velocity: table.velocity };
  return {
    setup,
    arc: { startGpsSeconds: start, endGpsSeconds: end, satellites: [{ satellite: 'GRACE-C', orbit }] },
    metadata: table.metadata,
    field: { name: model.name, degree },
  };
}
