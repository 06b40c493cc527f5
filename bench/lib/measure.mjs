// What every bench needs: repeats, the machine, and a place for its figures.
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the work several times; seconds of the runs in order of size, and the last result. */
export async function repeat(times, work) {
  const seconds = [];
  let result;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    result = await work(i);
    seconds.push((performance.now() - start) / 1000);
  }
  return { result, seconds: spread(seconds) };
}

export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1), runs: sorted.length };
}

export const machine = () => ({
  cpu: os.cpus()[0]?.model,
  cores: os.availableParallelism(),
  memoryBytes: os.totalmem(),
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
});

/** Writes docs/performance/<name>.json, or the file given. */
export async function save(name, figures, file = undefined) {
  const path = file ? resolve(file) : `${ROOT}docs/performance/${name}.json`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ machine: machine(), ...figures }, compact, 2)}\n`);
  console.log(`written: ${relative(process.cwd(), path)}`);
}

/** Six digits say all that a measurement has. */
const compact = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

/** A whole number of an option, or an error that names it. */
export function whole(values, name, least, most) {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`--${name}: a whole number from ${least} to ${most} expected`);
}

export const fixed = ({ median, min, max }, digits = 2) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
