import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
// The thread is a file of the build.
import { ArcWorkerClient } from '../../dist/tasks/process/arc-worker-client.js';

const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('/') && !target.startsWith('/dev') ? [target] : [];
    } catch {
      return [];
    }
  });

describe.skipIf(!existsSync('/proc/self/fd'))('the thread of a process job', () => {
  it('leaves no file open when its job is cancelled while it loads its modules', async () => {
    const before = openFiles();
    for (let i = 0; i < 12; i++) {
      const job = new AbortController();
      const client = new ArcWorkerClient(
        { engineModule: '@gravity/recovery', backend: 'auto', threads: 1 },
        job.signal,
      );
      const open = client.call('open', {}).catch((error: unknown) => error);
      // From before its first module to after its last.
      await sleep(i * 40);
      job.abort(new Error('cancelled'));
      await open;
      await client.stop();
    }
    const left = openFiles().filter((path) => !before.includes(path) && path.includes('node_modules'));
    expect(left).toEqual([]);
  });
});
