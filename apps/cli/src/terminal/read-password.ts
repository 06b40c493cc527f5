import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { note, UsageError } from '../output.js';

/** The first line of standard input, or what is typed unseen at a terminal. */
async function readLine(prompt: string): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write(prompt);
  const lines = createInterface({
    input: process.stdin,
    // Nowhere: readline would echo what is typed.
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: isTerminal,
  });
  try {
    for await (const line of lines) return line;
    throw new UsageError('standard input ended before a password was read');
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}

/**
 * A password: from standard input when it is no terminal, typed twice at one, or made up and told once. Never an
 * argument, for those are seen by every user of the machine.
 */
export async function askPassword(options: { readonly generate?: boolean }): Promise<string> {
  if (options.generate) {
    const password = randomBytes(18).toString('base64url');
    note(`password (shown this once): ${password}`);
    return password;
  }
  const password = await readLine('password: ');
  if (process.stdin.isTTY !== true) return password;
  if ((await readLine('again: ')) !== password) throw new UsageError('the two passwords differ');
  return password;
}
