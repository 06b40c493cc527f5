import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const ROOT = new URL('../..', import.meta.url).pathname;
export const DEPLOY = join(ROOT, 'deploy');

export const readDeploy = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

/** Names of the files below deploy/, relative to it. */
export function deployFiles(): readonly string[] {
  return readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(DEPLOY.length + 1));
}

/** NAME=value lines. */
export function parseEnvFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
}

const VARIABLE = /\$\{([A-Z0-9_]+)(?:(:-|:\?)([^}]*))?\}/g;

/** Names of the variables a compose file reads. */
export function composeVariables(text: string): readonly string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1]))];
}

/** What Compose makes of one text; an unset variable without default is an error here. */
export function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (_whole, name: string, operator: string | undefined, word = '') => {
    const value = env[name] ?? '';
    if (value !== '') return value;
    if (operator === ':-') return word;
    throw new Error(`${name} is not set${word === '' ? '' : `: ${word}`}`);
  });
}

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[];
  readonly restart?: string;
  readonly deploy?: {
    readonly resources?: { readonly limits?: { readonly cpus: string; readonly memory: string } };
  };
}

export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Reads the file as Compose does: YAML first, then variables in its texts, then numbers where the field is one. */
export function parseCompose(text: string, env: Readonly<Record<string, string>>): ComposeFile {
  const fill = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string') {
      const filled = interpolate(value, env);
      return key === 'replicas' ? Number(filled) : filled;
    }
    if (Array.isArray(value)) return value.map((item) => fill(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member, name)]));
  };
  return fill(parse(text, { merge: true })) as ComposeFile;
}

/** Every document of a YAML file; throws with the place of the first mistake. */
export function yamlDocuments(text: string): readonly Record<string, unknown>[] {
  return parseAllDocuments(text, { merge: true }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Record<string, unknown>;
  });
}

const NO_METRICS = new Set(
  'abs by count count_values histogram_quantile humanize le max min offset on or and unless predict_linear quantile rate increase sum avg topk without'.split(
    ' ',
  ),
);

/** Names of the metrics in an expression of PromQL: what is left without strings, labels, durations and functions. */
export function metricNames(expression: string): readonly string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '');
  const words = bare.match(/[a-zA-Z_:][\w:]*/g) ?? [];
  return [...new Set(words.filter((word) => !NO_METRICS.has(word)))];
}
