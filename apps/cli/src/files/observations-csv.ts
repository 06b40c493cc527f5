import { gpsToIso } from '@gravity/geodesy';
import type { ObservationFile } from './read-observations.js';

/** The series of whatever the file holds. */
export function seriesOf(file: ObservationFile): { readonly gpsSeconds: Float64Array } {
  if (file.kind === 'orbit') return file.orbit;
  if (file.kind === 'ranging') return file.ranging;
  return file.kind === 'accelerometer' ? file.accelerometer : file.attitude;
}

/** The project's own table layout, which `gravity recover` and ingest read back. */
export function* observationsCsv(file: ObservationFile): Generator<string> {
  if (file.satellite) yield `# satellite: ${file.satellite}\n`;
  if (file.forces !== undefined) yield `# forces: ${file.forces}\n`;
  yield '# time_scale: GPS\n';
  const { gpsSeconds } = seriesOf(file);
  if (gpsSeconds.length > 0) yield `# start: ${gpsToIso(gpsSeconds[0])}\n`;
  const [heading, groups] = columnsOf(file);
  if (file.kind === 'orbit') yield `# frame: ${file.orbit.frame}\n`;
  yield `gps_seconds,${heading}\n`;
  for (let i = 0; i < gpsSeconds.length; i++) {
    let line = String(gpsSeconds[i]);
    for (const [values, width] of groups) for (let k = 0; k < width; k++) line += `,${values[width * i + k]}`;
    yield `${line}\n`;
  }
}

function columnsOf(file: ObservationFile): readonly [string, readonly (readonly [Float64Array, number])[]] {
  switch (file.kind) {
    case 'orbit':
      return [
        'x [m],y [m],z [m],vx [m/s],vy [m/s],vz [m/s]',
        [
          [file.orbit.position, 3],
          [file.orbit.velocity, 3],
        ],
      ];
    case 'ranging':
      return ['range_rate [m/s]', [[file.ranging.rangeRate, 1]]];
    case 'accelerometer':
      return ['acc_x [m/s2],acc_y [m/s2],acc_z [m/s2]', [[file.accelerometer.acceleration, 3]]];
    case 'attitude':
      return ['qw,qx,qy,qz', [[file.attitude.quaternion, 4]]];
  }
}
