import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ConfigError,
  canonicalSatellite,
  knownSatellites,
  loadConfig,
  readMissionsFile,
  registerSatellites,
} from '@gravity/server';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from './helpers.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
afterEach(() => registerSatellites([]));

function file(content: unknown): string {
  const path = join(folder.path, 'missions.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const pair = [
  { name: 'MAGIC-P1', mission: 'MAGIC', partner: 'MAGIC-P2', aliases: ['NGGM-1'] },
  { name: 'MAGIC-P2', mission: 'MAGIC', partner: 'MAGIC-P1' },
];

describe('satellites', () => {
  it('of simulations have any name SIM-…', () => {
    for (const name of ['SIM-A', 'SIM-P2', 'SIM-MAGIC-3']) expect(canonicalSatellite(name)).toBe(name);
    expect(canonicalSatellite('sim-x9')).toBe('SIM-X9');
    for (const name of ['SIM-', 'SIM', 'SIM-A/SIM-B', 'SIM-A-B-C', "SIM-'", `SIM-${'A'.repeat(13)}`]) {
      expect(canonicalSatellite(name), name).toBeUndefined();
    }
  });

  it('of single missions are known', () => {
    expect(canonicalSatellite('champ')).toBe('CHAMP');
    expect(canonicalSatellite('Swarm-Alpha')).toBe('SWARM-A');
  });

  it('come from a file named in the environment, until the next configuration', () => {
    expect(canonicalSatellite('MAGIC-P1')).toBeUndefined();
    const env = { GRAVITY_DATA_DIR: folder.path, GRAVITY_MISSIONS_FILE: file({ satellites: pair }) };
    loadConfig(env);
    expect(canonicalSatellite('nggm-1')).toBe('MAGIC-P1');
    expect(knownSatellites().filter(({ mission }) => mission === 'MAGIC')).toEqual([
      pair[0],
      { ...pair[1], aliases: [] },
    ]);
    loadConfig({ GRAVITY_DATA_DIR: folder.path });
    expect(canonicalSatellite('nggm-1')).toBeUndefined();
  });

  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', '{', /missions.json: .*JSON/],
    ['no list', { satellite: pair }, /list "satellites" expected/],
    [
      'small letters',
      { satellites: [{ name: 'Magic', mission: 'M' }] },
      /satellites\[0\]\.name: 2 to 32 capitals/,
    ],
    ['a letter of Level-1B', { satellites: [{ name: 'E', mission: 'M' }] }, /satellites\[0\]\.name/],
    ['a pair', { satellites: [{ name: 'M1/M2', mission: 'M' }] }, /satellites\[0\]\.name/],
    ['a name that ships', { satellites: [{ name: 'GRACE-C', mission: 'M' }] }, /GRACE-C is taken/],
    [
      'an alias that ships',
      { satellites: [{ name: 'M1', mission: 'M', aliases: ['SWARMA'] }] },
      /aliases\[0\]: SWARMA is taken/,
    ],
    ['a simulated name', { satellites: [{ name: 'SIM-Q', mission: 'M' }] }, /SIM-Q is taken/],
    [
      'a name twice',
      {
        satellites: [
          { name: 'M1', mission: 'M' },
          { name: 'M1', mission: 'M' },
        ],
      },
      /satellites\[1\]\.name: M1 is taken/,
    ],
    ['no mission', { satellites: [{ name: 'M1' }] }, /satellites\[0\]\.mission/],
    [
      'a mission that is a path',
      { satellites: [{ name: 'M1', mission: '../x' }] },
      /satellites\[0\]\.mission/,
    ],
    ['an unknown field', { satellites: [{ name: 'M1', mission: 'M', radius: 1 }] }, /unknown field "radius"/],
    ['a partner that is not there', { satellites: [pair[0]] }, /satellites\[0\]\.partner: MAGIC-P2/],
  ];
  for (const [what, content, message] of cases) {
    it(`refuses a file with ${what}`, () => {
      const path = file(content);
      expect(() => readMissionsFile('GRAVITY_MISSIONS_FILE', path)).toThrow(ConfigError);
      expect(() => readMissionsFile('GRAVITY_MISSIONS_FILE', path)).toThrow(message);
    });
  }

  it('names a file that is not there', () => {
    const env = { GRAVITY_DATA_DIR: folder.path, GRAVITY_MISSIONS_FILE: join(folder.path, 'none.json') };
    expect(() => loadConfig(env)).toThrow(/GRAVITY_MISSIONS_FILE: .*none\.json/);
  });
});
