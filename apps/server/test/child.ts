import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ChildScript {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** Whole lines of stdout so far. */
  readonly lines: readonly string[];
  /** Waits for a line; rejects when the child ends before. */
  line(probe: (lines: readonly string[]) => boolean): Promise<void>;
  /** kill -9, waits for the end. */
  kill(): Promise<void>;
}

/** Starts a script of the test folder (path relative to it) in a Node process of its own. */
export function startScript(name: string, ...parameters: readonly string[]): ChildScript {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [path, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const listener of listeners) listener();
  });
  const ended = once(child, 'close');
  return {
    process: child,
    lines,
    line: (probe) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!probe(lines)) return;
          listeners.delete(check);
          resolve();
        };
        listeners.add(check);
        void ended.then(() => reject(new Error(`${name} ended early: ${lines.slice(-3).join(' | ')}`)));
        check();
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
