import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEpochTable } from '@gravity/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gravity } from './commands.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/formats/test/fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gravity-forces-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** A day of a pair without noise and drag over a field of degree 8, positions a minute. */
const SIMULATE = ['simulate', '--degree', '8', '--days', '1', '--tables', '--no-non-gravitational'];
const QUIET = ['--noise', '0', '--position-noise', '0', '--orbit-sampling', '60', '--ranging-sampling', '60'];
const FIT = ['--degree', '8', '--empirical', 'none', '--position-sampling', '300', '--json'];

interface Fit {
  readonly satellite: string;
  readonly rms: { readonly orbital: readonly number[] };
  readonly positions: number;
  readonly parameters: readonly unknown[];
}

function fitsOf(output: string): Fit[] {
  return JSON.parse(output.slice(output.indexOf('['), output.lastIndexOf(']') + 1)) as Fit[];
}

/** Largest RMS of any satellite and axis, m. */
async function misfit(...words: string[]): Promise<{ metres: number; notes: string }> {
  const { output, notes } = await gravity('orbit', ...words, ...FIT, '--out', at('fit'));
  return { metres: Math.max(...fitsOf(output).flatMap(({ rms }) => rms.orbital)), notes };
}

describe('gravity simulate and orbit with forces', () => {
  const table = (satellite: string) => at(`all/tables/orbit-${satellite}-2021-07-17.csv`);
  beforeAll(async () => {
    await gravity(...SIMULATE, ...QUIET, '--out', at('all'));
  });

  it('state the complete set in every file, and fit with what the files state', async () => {
    const header = readFileSync(table('c'), 'latin1').split('\n').slice(0, 5);
    expect(header.find((line) => line.startsWith('# forces: '))).toContain('"ocean_tide":"fes2004"');
    const level1 = readdirSync(at('all')).filter((name) => name.endsWith('.txt'));
    expect(level1.sort()).toEqual([
      'GNV1B_2021-07-17_C_04.txt',
      'GNV1B_2021-07-17_D_04.txt',
      'KBR1B_2021-07-17_Y_04.txt',
    ]);
    for (const name of level1) expect(readFileSync(at(`all/${name}`), 'latin1')).toMatch(/- "forces: \{/);
    const { metres, notes } = await misfit('--orbit', table('c'), '--orbit', table('d'));
    // forces are interpolated in time twice, from different starts: micrometres
    expect(metres).toBeLessThan(1e-4);
    expect(notes).toContain('  ocean_tide: fes2004, FES2004 of the IERS Conventions 2010');
    expect(notes).not.toContain('warning');
  });

  it('warn and misfit when forces are left out', async () => {
    const { metres, notes } = await misfit('--orbit', table('c'), '--forces', 'none');
    expect(notes).toMatch(/warning: the observations were simulated with the forces .*\(--forces\)/);
    expect(metres).toBeGreaterThan(1);
  });

  it('write orbits in both frames and residuals that can be read again', async () => {
    const { output } = await gravity(
      'orbit',
      '--orbit',
      table('d'),
      '--degree',
      '8',
      '--position-sampling',
      '300',
      '--sampling',
      '120',
      '--out',
      at('d'),
    );
    expect(output).toMatch(/GRACE-D +2021-07-16T23:59:42Z +288 +0/);
    for (const frame of ['terrestrial', 'celestial']) {
      const path = at(`d-GRACE-D-${frame}.csv`);
      expect(output).toContain(path);
      const orbit = await readEpochTable([readFileSync(path)], { file: path });
      if (orbit.kind !== 'orbit') throw new Error(`kind ${orbit.kind}`);
      expect(orbit.frame).toBe(frame === 'celestial' ? 'inertial' : 'terrestrial');
      expect(orbit.gpsSeconds[1] - orbit.gpsSeconds[0]).toBe(120);
      expect(Math.hypot(...orbit.position.subarray(0, 3))).toBeGreaterThan(6.8e6);
    }
    const rows = readFileSync(at('d-GRACE-D-residuals.csv'), 'latin1').trim().split('\n');
    expect(rows[3]).toBe('gps_seconds,dx [m],dy [m],dz [m],weight');
    expect(rows.length).toBe(4 + 288);
    expect(rows[10].split(',').map(Number).every(Number.isFinite)).toBe(true);
  });
});

describe('forces from files on disk', () => {
  const forces = at('forces.json');
  const simulate = (...words: string[]) =>
    gravity(
      ...SIMULATE,
      ...QUIET,
      '--out',
      at('files'),
      '--start',
      '2023-01-15',
      '--forces',
      forces,
      ...words,
    );
  const write = (value: unknown) => writeFileSync(forces, JSON.stringify(value));

  it('are read beside the file that names them, stated, and needed again', async () => {
    const ephemeris = fixture('ephemeris/lnxp2023.430');
    write({ ephemeris, ocean_tide: fixture('oceantide/fes2004_Cnm-Snm-8x8.dat'), dealiasing: 'none' });
    await simulate();
    const orbit = at('files/tables/orbit-c-2023-01-15.csv');
    await expect(misfit('--orbit', orbit)).rejects.toThrow(
      /simulated with the model files .*lnxp2023\.430, .*fes2004_Cnm-Snm-8x8\.dat; state the forces in --forces/,
    );
    const same = await misfit('--orbit', orbit, '--forces', forces);
    expect(same.metres).toBeLessThan(1e-4);
    // named .430, its number and constants are those of DE440
    expect(same.notes).toContain('lnxp2023.430, JPL DE440');
    // the analytical Sun and Moon differ by 0.3″, FES2004 that ships is the same file
    const analytical = await misfit('--orbit', orbit, '--forces', 'complete');
    expect(analytical.metres).toBeGreaterThan(same.metres);
    expect(analytical.metres).toBeLessThan(1e-3);
  });

  it('say what is wrong: missing, damaged, not of that time, unknown members', async () => {
    write({ ocean_tide: 'none.dat' });
    await expect(simulate()).rejects.toThrow(`${at('none.dat')}: no such file`);
    write({ ocean_tide: fixture('oceantide/fes2004-corrupted-line.dat') });
    await expect(simulate()).rejects.toThrow(/fes2004-corrupted-line\.dat, line 9 \(C\+\): not a number/);
    write({ ephemeris: fixture('ephemeris/unxp0003.405') });
    await expect(simulate()).rejects.toThrow(
      /unxp0003\.405 does not cover 2023-01-14T23:59:42Z to .*take one that does, or "analytical"/,
    );
    write({ ocean_tides: 'fes2004' });
    await expect(simulate()).rejects.toThrow(
      /forces\.json: forces\.ocean_tides: unknown; known: third_bodies,/,
    );
    write({ third_bodies: { planets: ['venus'] } });
    await expect(simulate()).rejects.toThrow(/planets need an ephemeris file/);
    write({ dealiasing: [fixture('oceantide/hf-fes2004.dat')] });
    await expect(simulate()).rejects.toThrow(/hf-fes2004\.dat/);
    await expect(simulate('--forces', 'most')).rejects.toThrow(
      /--forces most: complete, none, or a JSON file/,
    );
  });
});

describe('models that are missing or do not fit', () => {
  const simulate = (...words: string[]) => gravity(...SIMULATE, '--out', at('never'), ...words);

  it('name the dates without Earth orientation, and the file', async () => {
    await expect(simulate('--start', '2035-01-01')).rejects.toThrow(
      /no Earth orientation parameters for 2034-12-31 to 2035-01-02, needed for .*available: /,
    );
    await expect(simulate('--eop', fixture('eop/nothing.txt'))).rejects.toThrow(/nothing\.txt: no such file/);
    // of 2022
    await expect(simulate('--eop', fixture('eop/eopc04.2022'))).rejects.toThrow(
      /no Earth orientation parameters for 2021-07-16 to 2021-07-18/,
    );
  });

  it('name the field: no such file, a tide system not stated or another one', async () => {
    await expect(simulate('--static-field', 'EGM2008')).rejects.toThrow(/EGM2008: no such file/);
    const field = at('all/truth.gfc');
    const unknown = at('unknown.gfc');
    writeFileSync(unknown, readFileSync(field, 'latin1').replace('zero_tide', 'unknown'));
    await expect(simulate('--static-field', unknown)).rejects.toThrow(
      /its tide system is unknown; state it .* with --field-tide-system, or leave the tide out \(solid_earth_tide false in --forces\)/,
    );
    await expect(simulate('--static-field', field, '--field-tide-system', 'tide_free')).rejects.toThrow(
      /truth\.gfc is zero_tide, as it says/,
    );
    await gravity(
      ...SIMULATE,
      ...QUIET,
      '--out',
      at('stated'),
      '--static-field',
      unknown,
      '--field-tide-system',
      'zero_tide',
    );
    const [a, b] = ['all', 'stated'].map((name) =>
      readFileSync(at(`${name}/tables/orbit-c-2021-07-17.csv`), 'latin1'),
    );
    expect(b).toBe(a);
  });

  it('name the coefficient that too few data do not determine', async () => {
    const orbit = at('all/tables/orbit-c-2021-07-17.csv');
    const recover = (...words: string[]) =>
      gravity('recover', '--orbit', orbit, '--iterations', '1', '--out', at('never.gfc'), ...words);
    await expect(recover('--degree', '40', '--position-sampling', '1800')).rejects.toThrow(
      /singular at [CS]\(\d+,\d+\)\. Add days, lower degree_max, or regularize|do not outnumber the parameters|degree/,
    );
  });
});
