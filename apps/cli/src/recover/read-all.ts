import { type ObservationFile, readObservations } from '../files/read-observations.js';
import { UsageError } from '../output.js';

/** Options of commands that take observations from files. */
export interface ObservationOptionsOfCommand {
  readonly orbit: readonly string[];
  readonly rangeRate?: readonly string[];
  readonly accelerometer?: readonly string[];
  readonly attitude?: readonly string[];
  readonly frame?: 'inertial' | 'terrestrial';
  readonly timeScale?: 'GPS' | 'TAI' | 'TT' | 'UTC';
}

/** All files the options name. @throws UsageError for a file of another kind than its option says */
export async function readAll(options: ObservationOptionsOfCommand): Promise<ObservationFile[]> {
  const { frame, timeScale } = options;
  const files: ObservationFile[] = [];
  const groups = [
    ['orbit', options.orbit],
    ['ranging', options.rangeRate ?? []],
    ['accelerometer', options.accelerometer ?? []],
    ['attitude', options.attitude ?? []],
  ] as const;
  for (const [kind, paths] of groups) {
    for (const path of paths) {
      for (const file of await readObservations(path, { kind, frame, timeScale })) {
        if (file.kind !== kind) throw new UsageError(`${path}: holds ${file.kind} data, ${kind} expected`);
        files.push(file);
      }
    }
  }
  return files;
}
