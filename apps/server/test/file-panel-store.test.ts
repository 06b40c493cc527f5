import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryPanelStore, panelLayout } from '@gravity/recovery';
import { openFilePanelStore } from '@gravity/server';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravity-panels-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('keeps panels apart as a store in memory does, and reads zeros where nothing was written', async () => {
  const layout = panelLayout(100, 30);
  const file = await openFilePanelStore(join(folder, 'a'), layout);
  const memory = memoryPanelStore();
  // Panel p holds 4 − p tiles of 30 × 30.
  const lengths = [3600, 2700, 1800, 900];
  for (const [p, length] of lengths.entries()) {
    const values = new Float64Array(new SharedArrayBuffer(8 * length)).map((_, i) => 1e4 * p + i);
    await Promise.all([file.write(p, 0, values), memory.write(p, 0, values)]);
  }
  await Promise.all([
    file.write(1, 900, new Float64Array(900).fill(-1)),
    memory.write(1, 900, new Float64Array(900).fill(-1)),
  ]);
  for (const [p, length] of lengths.entries()) {
    for (const offset of [0, 900]) {
      const [a, b] = [new Float64Array(length - offset), new Float64Array(length - offset)];
      await Promise.all([file.read(p, offset, a), memory.read(p, offset, b)]);
      expect(a).toEqual(b);
    }
  }
  await file.close();
  const fresh = await openFilePanelStore(join(folder, 'b'), layout);
  const read = new Float64Array(900).fill(5);
  await fresh.read(3, 0, read);
  expect(read.every((value) => value === 0)).toBe(true);
  await fresh.close();
  expect(await readdir(folder)).toEqual([]);
});

it('refuses a matrix larger than the disk, and a file that is there', async () => {
  const huge = panelLayout(30_000_000, 10_000);
  await expect(openFilePanelStore(join(folder, 'c'), huge)).rejects.toThrow(
    /needs 36\d\d\d\d\d\.\d GB on disk, free are/,
  );
  expect(await readdir(folder)).toEqual([]);
  await writeFile(join(folder, 'd'), 'of someone else');
  await expect(openFilePanelStore(join(folder, 'd'), panelLayout(4, 2))).rejects.toThrow('EEXIST');
});
