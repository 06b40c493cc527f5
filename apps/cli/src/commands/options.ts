import { InvalidArgumentError } from 'commander';

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is expected.');
  return value;
}

export function parseNumber(text: string): number {
  return number(text);
}

export function parsePositive(text: string): number {
  const value = number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('a positive number is expected.');
}

export function parseNonNegative(text: string): number {
  const value = number(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError('zero or a positive number is expected.');
}

export function parseCount(text: string): number {
  const value = number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('a whole number of at least 1 is expected.');
}

export function parseDegree(text: string): number {
  const value = number(text);
  if (Number.isInteger(value) && value >= 2 && value <= 2190) return value;
  throw new InvalidArgumentError('a degree from 2 to 2190 is expected.');
}

export function parsePort(text: string): number {
  const value = number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('a port from 0 to 65535 is expected; 0 takes any free one.');
}

/** Collects an option given several times. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
