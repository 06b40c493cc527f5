import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks for a word on the terminal without showing it. @throws Error when there is no terminal */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Error('no terminal to ask for the password; give --password-stdin');
  let muted = false;
  const output = new Writable({
    write(chunk, _encoding, callback) {
      if (!muted) process.stderr.write(chunk);
      callback();
    },
  });
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = reader.question(question);
    muted = true;
    return await answer;
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

/** The first line of standard input. */
export async function readLineFromStdin(): Promise<string> {
  const reader = createInterface({ input: process.stdin });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}
