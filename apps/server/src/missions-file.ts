import { readFileSync } from 'node:fs';
import { ConfigError } from './config-values.js';
import { type Satellite, SIMULATED_NAME, satellites } from './missions.js';

/** Names go into file names, keys and pairs (A/B): capitals, digits and hyphens, no single letter. */
const NAME = /^[A-Z0-9](?:[A-Z0-9-]{0,30}[A-Z0-9])$/;
const MISSION = /^[\w.+-]{1,32}$/;
const KEYS = ['name', 'mission', 'partner', 'aliases'];

/**
 * Satellites of a JSON file: `{"satellites": [{"name", "mission", "partner"?, "aliases"?}]}`.
 *
 * @throws ConfigError naming the variable, the file and the entry
 */
export function readMissionsFile(variable: string, path: string): readonly Satellite[] {
  const fail = (text: string): never => {
    throw new ConfigError(variable, `${path}: ${text}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail((error as Error).message);
  }
  const list = isRecord(parsed) && Array.isArray(parsed.satellites) ? (parsed.satellites as unknown[]) : [];
  if (list.length === 0) fail('an object with a list "satellites" expected');
  const taken = new Set(satellites.flatMap(({ name, aliases }) => [name, ...aliases]));
  const take = (value: unknown, place: string): string => {
    if (typeof value !== 'string' || !NAME.test(value)) {
      return fail(`${place}: 2 to 32 capitals, digits and hyphens expected, found ${JSON.stringify(value)}`);
    }
    if (taken.has(value) || SIMULATED_NAME.test(value)) return fail(`${place}: ${value} is taken`);
    taken.add(value);
    return value;
  };
  const read = list.map((entry, i): Satellite => {
    const place = `satellites[${i}]`;
    if (!isRecord(entry)) return fail(`${place}: an object expected`);
    const other = Object.keys(entry).find((key) => !KEYS.includes(key));
    if (other !== undefined) fail(`${place}: unknown field ${JSON.stringify(other.slice(0, 40))}`);
    const { mission, partner, aliases = [] } = entry;
    const name = take(entry.name, `${place}.name`);
    if (typeof mission !== 'string' || !MISSION.test(mission)) {
      return fail(`${place}.mission: 1 to 32 letters, digits, dots or hyphens expected`);
    }
    if (!Array.isArray(aliases)) return fail(`${place}.aliases: a list expected`);
    const others = (aliases as unknown[]).map((alias, k) => take(alias, `${place}.aliases[${k}]`));
    if (partner === undefined) return { name, mission, aliases: others };
    if (typeof partner !== 'string' || partner === name) {
      return fail(`${place}.partner: the name of another satellite expected`);
    }
    return { name, mission, partner, aliases: others };
  });
  read.forEach(({ name, partner }, i) => {
    if (partner === undefined) return;
    const other = read.find((satellite) => satellite.name === partner);
    if (other?.partner !== name) {
      fail(`satellites[${i}].partner: ${partner} is no satellite of the file whose partner is ${name}`);
    }
  });
  return read;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
