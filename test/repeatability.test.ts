import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './support/mission.js';
import { runCommand } from './support/server-process.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function demo(name: string): Promise<{ hash: string; files: Map<string, Buffer> }> {
  const path = join(folder.path, name);
  const { code, stdout, stderr } = await runCommand([
    'demo',
    '--days',
    '1',
    '--degree',
    '8',
    '--data-dir',
    path,
  ]);
  expect(stderr).not.toContain('NOT recovered');
  expect(code, stderr).toBe(0);
  const results = join(path, 'results');
  const files = new Map<string, Buffer>();
  for (const file of await readdir(results)) files.set(file, await readFile(join(results, file)));
  return { hash: /sha256:([0-9a-f]{64})/.exec(stdout)![1], files };
}

test('the demo recovers the truth and gives the same bytes every time', async () => {
  const first = await demo('first');
  const second = await demo('second');
  expect(second.hash).toBe(first.hash);
  expect([...second.files.keys()]).toEqual([...first.files.keys()]);
  expect([...first.files.keys()].some((file) => file.endsWith('.gfc') && file !== 'truth.gfc')).toBe(true);
  for (const [file, bytes] of first.files) expect(second.files.get(file)!.equals(bytes), file).toBe(true);
});
