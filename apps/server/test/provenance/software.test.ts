import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSoftware } from '@gravity/server';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers.js';

describe('the commit of the software', () => {
  const folder = temporaryFolder();
  afterEach(() => folder.remove());
  const commit = (digit: string): string => digit.repeat(40);

  it('is that of the variable, else of the checkout, else of the build, else of the published package', () => {
    const root = join(folder.path, 'project');
    const inner = join(root, 'apps', 'server');
    mkdirSync(join(inner, 'dist'), { recursive: true });
    const manifest = { name: 'x', version: '1.2.3' };
    writeFileSync(join(inner, 'package.json'), JSON.stringify(manifest));
    expect(readSoftware(inner, {})).toMatchObject({ version: '1.2.3', commit: null });
    writeFileSync(join(inner, 'package.json'), JSON.stringify({ ...manifest, gitHead: commit('1') }));
    expect(readSoftware(inner, {}).commit).toBe(commit('1'));
    writeFileSync(join(inner, 'dist', 'build-info.json'), JSON.stringify({ commit: commit('2') }));
    expect(readSoftware(inner, {}).commit).toBe(commit('2'));
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: root,
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    const head = git('rev-parse', 'HEAD');
    expect(readSoftware(inner, {}).commit).toBe(head);
    git('pack-refs', '--all');
    expect(readSoftware(inner, {}).commit).toBe(head);
    git('checkout', '-q', '--detach');
    expect(readSoftware(inner, {}).commit).toBe(head);
    git('worktree', 'add', '-q', '-b', 'other', join(folder.path, 'linked'));
    mkdirSync(join(folder.path, 'linked', 'apps'), { recursive: true });
    expect(readSoftware(join(folder.path, 'linked', 'apps'), {}).commit).toBe(head);
    expect(readSoftware(inner, { GRAVITY_GIT_COMMIT: commit('3') }).commit).toBe(commit('3'));
    expect(readSoftware(inner, { GRAVITY_GIT_COMMIT: 'main' }).commit).toBe(head);
    // Installed into another project's checkout, it is not of that project's commit.
    const installed = join(root, 'node_modules', '@gravity', 'server');
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ ...manifest, gitHead: commit('4') }));
    expect(readSoftware(installed, {}).commit).toBe(commit('4'));
  });
});
