/** The satellites this system knows, as data: names, mission, partner, and the other names in use for them. */
export interface Satellite {
  readonly name: string;
  readonly mission: string;
  /** The second satellite of the ranging pair. */
  readonly partner: string;
  readonly aliases: readonly string[];
}

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
  { name: 'SIM-A', mission: 'simulation', partner: 'SIM-B', aliases: [] },
  { name: 'SIM-B', mission: 'simulation', partner: 'SIM-A', aliases: [] },
];

const canonicalNames = new Map<string, string>(
  satellites.flatMap((satellite) => [
    [satellite.name, satellite.name] as const,
    ...satellite.aliases.map((alias) => [alias, satellite.name] as const),
  ]),
);

/** Canonical names, in the order of the table. */
export const satelliteNames: readonly string[] = satellites.map((satellite) => satellite.name);

/** The canonical name for a name or alias (case does not matter); undefined when unknown. */
export function canonicalSatellite(name: string): string | undefined {
  return canonicalNames.get(name.trim().toUpperCase());
}
