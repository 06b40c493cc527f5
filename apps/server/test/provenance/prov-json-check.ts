/**
 * What the member submission "The PROV-JSON Serialization" (W3C, 24 April 2013) asks of a document, written down from its
 * sections 2 and 3 for what we use: containers by name, attributes as qualified names with literal values, required
 * references of each relation. Returns what is wrong.
 */
export function provJsonFaults(document: unknown): string[] {
  const faults: string[] = [];
  const relations: Readonly<
    Record<string, Readonly<Record<string, 'entity' | 'activity' | 'agent' | 'time'>>>
  > = {
    used: { 'prov:activity': 'activity', 'prov:entity': 'entity', 'prov:time': 'time' },
    wasGeneratedBy: { 'prov:entity': 'entity', 'prov:activity': 'activity', 'prov:time': 'time' },
    wasAssociatedWith: { 'prov:activity': 'activity', 'prov:agent': 'agent', 'prov:plan': 'entity' },
    wasAttributedTo: { 'prov:entity': 'entity', 'prov:agent': 'agent' },
    wasDerivedFrom: {
      'prov:generatedEntity': 'entity',
      'prov:usedEntity': 'entity',
      'prov:activity': 'activity',
    },
    actedOnBehalfOf: { 'prov:delegate': 'agent', 'prov:responsible': 'agent', 'prov:activity': 'activity' },
  };
  const required: Readonly<Record<string, readonly string[]>> = {
    used: ['prov:activity', 'prov:entity'],
    wasGeneratedBy: ['prov:entity'],
    wasAssociatedWith: ['prov:activity'],
    wasAttributedTo: ['prov:entity', 'prov:agent'],
    wasDerivedFrom: ['prov:generatedEntity', 'prov:usedEntity'],
    actedOnBehalfOf: ['prov:delegate', 'prov:responsible'],
  };
  const root = Object(document) as Record<string, Record<string, Record<string, unknown>>>;
  const prefixes = new Set([...Object.keys(root.prefix ?? {}), 'prov', 'xsd', '_']);
  const qualified = (name: string, where: string): void => {
    const [prefix, ...local] = name.split(':');
    if (!prefixes.has(prefix) || local.join(':') === '')
      faults.push(`${where}: ${name} is no qualified name`);
  };
  const literal = (value: unknown, where: string): void => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return;
    const { $, type, ...rest } = Object(value) as { $?: unknown; type?: unknown };
    if (typeof $ !== 'string' || typeof type !== 'string' || Object.keys(rest).length > 0) {
      faults.push(`${where}: ${JSON.stringify(value)} is no literal`);
    } else {
      qualified(type, where);
      if (type === 'prov:QUALIFIED_NAME') qualified($, where);
      if (type === 'xsd:double' && !Number.isFinite(Number($))) faults.push(`${where}: ${$} is no double`);
    }
  };
  for (const [container, records] of Object.entries(root)) {
    if (container === 'prefix') continue;
    const references = relations[container];
    if (references === undefined && !['entity', 'activity', 'agent'].includes(container)) {
      faults.push(`${container} is unknown`);
      continue;
    }
    for (const [id, attributes] of Object.entries(records)) {
      qualified(id, container);
      for (const [name, value] of Object.entries(attributes)) {
        qualified(name, `${container} ${id}`);
        const kind = references?.[name];
        if (kind === undefined) literal(value, `${container} ${id} ${name}`);
        else if (kind === 'time') {
          if (Number.isNaN(Date.parse(String(value)))) faults.push(`${container} ${id} ${name} is no time`);
        } else if (root[kind]?.[String(value)] === undefined) {
          faults.push(`${container} ${id} ${name}: there is no ${kind} ${String(value)}`);
        }
      }
      for (const name of required[container] ?? []) {
        if (attributes[name] === undefined) faults.push(`${container} ${id} lacks ${name}`);
      }
    }
  }
  return faults;
}
