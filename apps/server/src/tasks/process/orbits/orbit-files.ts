import { createHash } from 'node:crypto';
import { writeGnv1b } from '@gravity/formats';
import { gpsToIso } from '@gravity/geodesy';
import type { StateSeries } from '@gravity/recovery';
import type { ProductFile, UnhashedFile } from '../products/types.js';
import { orbitReport } from './orbit-report.js';
import type { OrbitContext, OrbitFit } from './types.js';

/** Fixed, so that the same recipe gives the same bytes. */
const CREATED = '2000-01-01T00:00:00Z';
const LETTER = /^GRACE-([ABCD])$/;

/** All files of orbits: per satellite the orbit in both frames and the residuals; the report. */
export async function makeOrbitFiles(
  context: OrbitContext,
  fits: readonly OrbitFit[],
): Promise<ProductFile[]> {
  const files: UnhashedFile[] = [];
  const { orbitProducts } = context.request;
  for (const satellite of context.satellites) {
    const own = fits.filter(({ satellites }) => satellites[0].satellite === satellite);
    if (own.length === 0) continue;
    files.push(await terrestrialFile(context, satellite, own));
    files.push(celestialFile(context, satellite, own));
    if (orbitProducts.includes('residuals')) files.push(residualFile(context, satellite, own));
  }
  files.push(orbitReport(context, fits));
  return files.map((file) => ({ ...file, sha256: createHash('sha256').update(file.bytes).digest('hex') }));
}

/** The arcs of a satellite one after the other; an epoch on a border is taken from the later arc. */
export function joined(fits: readonly OrbitFit[], frame: StateSeries['frame']): StateSeries {
  const parts = fits.map(({ satellites: [orbit] }, k) => {
    const series = orbit[frame];
    const next = fits[k + 1]?.startGpsSeconds ?? Number.POSITIVE_INFINITY;
    let count = series.gpsSeconds.length;
    while (count > 0 && series.gpsSeconds[count - 1] >= next) count--;
    return { series, count };
  });
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const gpsSeconds = new Float64Array(total);
  const position = new Float64Array(3 * total);
  const velocity = new Float64Array(3 * total);
  let at = 0;
  for (const { series, count } of parts) {
    gpsSeconds.set(series.gpsSeconds.subarray(0, count), at);
    position.set(series.position.subarray(0, 3 * count), 3 * at);
    velocity.set(series.velocity.subarray(0, 3 * count), 3 * at);
    at += count;
  }
  return { frame, gpsSeconds, position, velocity };
}

/** GNV1B where the satellite has a letter there, else a table. */
async function terrestrialFile(
  context: OrbitContext,
  satellite: string,
  fits: readonly OrbitFit[],
): Promise<UnhashedFile> {
  const states = joined(fits, 'terrestrial');
  const letter = LETTER.exec(satellite)?.[1] as 'A' | 'B' | 'C' | 'D' | undefined;
  if (letter === undefined) {
    return text(
      context,
      'orbit',
      satellite,
      'ITRF.csv',
      stateTable(context, satellite, states),
      'orbit, Earth-fixed',
    );
  }
  let content = '';
  const { statedForces } = context;
  const lines = writeGnv1b({
    origin: statedForces === undefined ? 'computed' : 'simulated',
    created: CREATED,
    softwareVersion: context.software,
    history: [
      ...(statedForces === undefined ? [] : [`forces: ${statedForces}`]),
      `dynamic orbit fitted to positions, recipe SHA-256 ${context.recipeHash}`,
      ...context.models.map(({ role, name }) => `${role}: ${name}`),
    ],
    satellite: letter,
    ...states,
  });
  for await (const line of lines) content += line;
  return text(context, 'orbit', satellite, 'GNV1B.txt', content, 'orbit, Earth-fixed, as GNV1B');
}

function celestialFile(context: OrbitContext, satellite: string, fits: readonly OrbitFit[]): UnhashedFile {
  const content = stateTable(context, satellite, joined(fits, 'celestial'));
  return text(context, 'orbit', satellite, 'ICRF.csv', content, 'orbit, ICRF');
}

/** A table that can be ingested as it is. */
function stateTable(context: OrbitContext, satellite: string, states: StateSeries): string {
  const { gpsSeconds, position: p, velocity: v, frame } = states;
  const lines = [
    ...heading(context, satellite, gpsSeconds[0]),
    `# frame: ${frame}`,
    'gps_seconds,x [m],y [m],z [m],vx [m/s],vy [m/s],vz [m/s]',
  ];
  for (let i = 0; i < gpsSeconds.length; i++) {
    const row = [gpsSeconds[i], ...p.subarray(3 * i, 3 * i + 3), ...v.subarray(3 * i, 3 * i + 3)];
    lines.push(row.join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Observed minus computed, celestial axes, with the weight the screening gave. */
function residualFile(context: OrbitContext, satellite: string, fits: readonly OrbitFit[]): UnhashedFile {
  const lines = [
    ...heading(context, satellite, fits[0].startGpsSeconds),
    '# observed minus computed position, celestial axes; weight 0: left out',
    'gps_seconds,dx [m],dy [m],dz [m],weight',
  ];
  for (const { satellites } of fits) {
    const { gpsSeconds, values, outliers } = satellites[0].positions;
    const weights = new Map(outliers.map((outlier) => [outlier.gpsSeconds, outlier.weight]));
    for (let i = 0; i < gpsSeconds.length; i++) {
      // Weights above one half are not told one by one.
      const weight = weights.get(gpsSeconds[i]) ?? 1;
      lines.push([gpsSeconds[i], ...values.subarray(3 * i, 3 * i + 3), weight].join(','));
    }
  }
  return text(
    context,
    'residuals',
    satellite,
    'residuals.csv',
    `${lines.join('\n')}\n`,
    'position residuals',
  );
}

function heading({ statedForces, recipeHash, software }: OrbitContext, satellite: string, start: number) {
  return [
    `# satellite: ${satellite}`,
    '# time_scale: GPS',
    `# start: ${gpsToIso(start)}`,
    `# software: ${software}`,
    `# recipe_sha256: ${recipeHash}`,
    ...(statedForces === undefined ? [] : [`# forces: ${statedForces}`]),
  ];
}

function text(
  { baseName }: OrbitContext,
  kind: string,
  satellite: string,
  suffix: string,
  content: string,
  description: string,
): UnhashedFile {
  return {
    kind,
    fileName: `${baseName}_${satellite}_${suffix}`,
    mediaType: suffix.endsWith('.csv') ? 'text/csv' : 'text/plain',
    bytes: new TextEncoder().encode(content),
    metadata: { format: suffix.endsWith('.csv') ? 'CSV' : 'Level-1B ASCII', satellite, description },
  };
}
