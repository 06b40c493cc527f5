/**
 * For `node --import`: a disk that is full while the file FULL_DISK_FLAG exists, for all that is written under the
 * folders objects and tmp of a data folder.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const flag = process.env.FULL_DISK_FLAG ?? '';
const isFull = (path) => /\/data\/(objects|tmp)\//.test(String(path)) && fs.existsSync(flag);
const noSpace = () =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });

const { createWriteStream } = fs;
fs.createWriteStream = (path, options) => {
  const stream = createWriteStream(path, options);
  const { _write: write, _writev: writeAll } = stream;
  stream._write = (chunk, encoding, done) =>
    isFull(path) ? done(noSpace()) : write.call(stream, chunk, encoding, done);
  stream._writev = (chunks, done) => (isFull(path) ? done(noSpace()) : writeAll.call(stream, chunks, done));
  return stream;
};
const { writeFile } = fs.promises;
fs.promises.writeFile = async (path, data, options) => {
  const full = isFull(path);
  await writeFile(path, full ? '' : data, options);
  if (full) throw noSpace();
};
const { openSync, writeSync } = fs;
const pathOf = new Map();
fs.openSync = (path, ...more) => {
  const file = openSync(path, ...more);
  pathOf.set(file, path);
  return file;
};
fs.writeSync = (file, ...more) => {
  if (isFull(pathOf.get(file))) throw noSpace();
  return writeSync(file, ...more);
};
syncBuiltinESMExports();
