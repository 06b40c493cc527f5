#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { ApiError, ConnectionError } from '@gravity/client';
import { FormatError } from '@gravity/formats';
import { ArcError, SolutionError } from '@gravity/recovery';
import { ConfigError, DatabaseUnavailableError, TaskError, TransportUnavailableError } from '@gravity/server';
import { JobFailedError } from './client/follow-job.js';
import { note, UsageError } from './output.js';
import { createProgram } from './program.js';

/** Failures a user can act on: their text is enough. */
const EXPECTED = [
  UsageError,
  ConfigError,
  DatabaseUnavailableError,
  TransportUnavailableError,
  ApiError,
  ConnectionError,
  JobFailedError,
  FormatError,
  RangeError,
  ArcError,
  SolutionError,
  TaskError,
];

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
try {
  await createProgram(version).parseAsync();
} catch (error) {
  const expected = EXPECTED.some((type) => error instanceof type) && !process.env.GRAVITY_DEBUG;
  note(`gravity: ${expected ? (error as Error).message : ((error as Error).stack ?? error)}`);
  process.exitCode = 1;
}
