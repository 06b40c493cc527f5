/** Results go to standard output; everything said on the way goes to standard error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A failure whose text says all a user needs: shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
