/** A setting that cannot be used. `variable` is the name of the environment variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(
    readonly variable: string,
    message: string,
  ) {
    super(`${variable}: ${message}`);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as not set: compose files pass those. */
export function read(env: Environment, variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

export function integer(
  env: Environment,
  variable: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = read(env, variable);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(variable, `expected an integer from ${min} to ${max}, found "${text}"`);
  }
  return value;
}

export function choice<T extends string>(
  env: Environment,
  variable: string,
  values: readonly T[],
  fallback: T,
): T {
  const text = read(env, variable);
  if (text === undefined) return fallback;
  const value = values.find((candidate) => candidate === text);
  if (value === undefined)
    throw new ConfigError(variable, `expected one of ${values.join(', ')}, found "${text}"`);
  return value;
}

export function stringArray(variable: string, text: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ConfigError(variable, `expected a JSON array of strings, found "${text}"`);
  }
  if (!Array.isArray(parsed) || !parsed.every((item) => typeof item === 'string')) {
    throw new ConfigError(variable, `expected a JSON array of strings, found "${text}"`);
  }
  return parsed;
}

export function httpUrl(variable: string, text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError(variable, `"${text}" is not a URL`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(variable, `"${text}" is not an http or https URL`);
  }
  return url;
}
