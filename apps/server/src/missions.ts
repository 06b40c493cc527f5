/** The satellites this system knows, as data: names, mission, partner, and the other names in use for them. */
export interface Satellite {
  readonly name: string;
  readonly mission: string;
  /** The second satellite of the ranging pair, for those that have one. */
  readonly partner?: string;
  readonly aliases: readonly string[];
}

/** Those that ship; more come from the missions file (see `registerSatellites`). */
export const satellites: readonly Satellite[] = [
  { name: 'GRACE-A', mission: 'GRACE', partner: 'GRACE-B', aliases: ['GRACEA', 'GRACE-1'] },
  { name: 'GRACE-B', mission: 'GRACE', partner: 'GRACE-A', aliases: ['GRACEB', 'GRACE-2'] },
  {
    name: 'GRACE-C',
    mission: 'GRACE-FO',
    partner: 'GRACE-D',
    aliases: ['GRACEC', 'GRACE-FO-1', 'GRACEFO-1', 'GRACE-FO-C'],
  },
  {
    name: 'GRACE-D',
    mission: 'GRACE-FO',
    partner: 'GRACE-C',
    aliases: ['GRACED', 'GRACE-FO-2', 'GRACEFO-2', 'GRACE-FO-D'],
  },
  { name: 'CHAMP', mission: 'CHAMP', aliases: [] },
  { name: 'GOCE', mission: 'GOCE', aliases: [] },
  { name: 'SWARM-A', mission: 'SWARM', aliases: ['SWARMA', 'SWARM-ALPHA'] },
  { name: 'SWARM-B', mission: 'SWARM', aliases: ['SWARMB', 'SWARM-BRAVO'] },
  { name: 'SWARM-C', mission: 'SWARM', aliases: ['SWARMC', 'SWARM-CHARLIE'] },
  { name: 'SIM-A', mission: 'simulation', partner: 'SIM-B', aliases: [] },
  { name: 'SIM-B', mission: 'simulation', partner: 'SIM-A', aliases: [] },
];

/** Any name of this form is a simulated satellite: constellations need no registration. */
export const SIMULATED_NAME = /^SIM-[A-Z0-9]{1,12}(?:-[A-Z0-9]{1,12})?$/;

let added: readonly Satellite[] = [];
let canonicalNames = namesOf(satellites);

/**
 * Takes further satellites in the place of those registered before. Every process and thread that resolves names has
 * to be told; `loadConfig` and the parsing thread do it.
 */
export function registerSatellites(more: readonly Satellite[]): void {
  added = more;
  canonicalNames = namesOf(knownSatellites());
}

/** What `registerSatellites` was given last. */
export function registeredSatellites(): readonly Satellite[] {
  return added;
}

/** Those that ship and those registered. */
export function knownSatellites(): readonly Satellite[] {
  return [...satellites, ...added];
}

/** Canonical names in the order of the table, for messages. */
export function satelliteNames(): readonly string[] {
  return [...knownSatellites().map((satellite) => satellite.name), 'SIM-…'];
}

/** The canonical name for a name or alias (case does not matter); undefined when unknown. */
export function canonicalSatellite(name: string): string | undefined {
  const written = name.trim().toUpperCase();
  return canonicalNames.get(written) ?? (SIMULATED_NAME.test(written) ? written : undefined);
}

/** Name of the mission of a satellite, the satellite's own name where none is known. */
export function missionOf(satellite: string): string {
  const known = knownSatellites().find(({ name }) => name === satellite);
  return known?.mission ?? (SIMULATED_NAME.test(satellite) ? 'simulation' : satellite);
}

function namesOf(list: readonly Satellite[]): ReadonlyMap<string, string> {
  return new Map(list.flatMap(({ name, aliases }) => [name, ...aliases].map((written) => [written, name])));
}
