import { createProgram } from '@gravity/cli';
import { vi } from 'vitest';

export interface CommandRun {
  /** What goes to standard output and standard error. */
  readonly output: string;
  readonly notes: string;
}

/** A `gravity` command in this process, with what it says. Throws what the command throws. */
export async function gravity(...words: readonly string[]): Promise<CommandRun> {
  const said = { output: '', notes: '' };
  const listen = (stream: NodeJS.WriteStream, name: keyof typeof said) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const spies = [listen(process.stdout, 'output'), listen(process.stderr, 'notes')];
  try {
    await createProgram('test').exitOverride().parseAsync(words, { from: 'user' });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return said;
}
