import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, settingsPath, writeSettings } from '@gravity/cli';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravity-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the file with tokens is readable by its owner only', async () => {
  const path = join(folder, 'deep', 'config.json');
  const settings = {
    server: 'http://127.0.0.1:1',
    logins: { 'http://127.0.0.1:1': { username: 'a', accessToken: 't', expiresAt: '2027-01-01T00:00:00Z' } },
  };
  await writeSettings(path, settings);
  await writeSettings(path, settings);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readSettings(path)).toEqual(settings);
});

test('no file is no login; a damaged file is named', async () => {
  expect(await readSettings(join(folder, 'none.json'))).toEqual({ logins: {} });
  const path = join(folder, 'bad.json');
  await writeFile(path, '{');
  await expect(readSettings(path)).rejects.toThrow(`${path}: not valid JSON`);
});

test('place of the file', () => {
  expect(settingsPath({ GRAVITY_CONFIG: '/x/y.json' })).toBe('/x/y.json');
  expect(settingsPath({ XDG_CONFIG_HOME: '/cfg' })).toBe('/cfg/gravity/config.json');
});
