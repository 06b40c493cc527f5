// Writes the commit a build is made from beside the compiled server, for provenance where there is no .git.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

let commit = process.env.GRAVITY_GIT_COMMIT ?? null;
try {
  commit ??= execFileSync('git', ['rev-parse', 'HEAD'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
} catch {
  // not a checkout: the build has no commit to state
}
const folder = new URL('../apps/server/dist/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('build-info.json', folder), `${JSON.stringify({ commit })}\n`);
