import { canonicalSatellite, satelliteNames } from '../../missions.js';
import type { FieldError } from '../errors.js';

/** Canonical names for those given; adds an error for each unknown name and for each satellite named twice. */
export function resolveSatellites(names: readonly string[], field: string, errors: FieldError[]): string[] {
  const resolved: string[] = [];
  names.forEach((name, index) => {
    const canonical = canonicalSatellite(name);
    if (canonical === undefined) {
      errors.push({
        field: `${field}[${index}]`,
        message: `Unknown satellite '${name.slice(0, 32)}'; known: ${satelliteNames().join(', ')}`,
      });
    } else if (resolved.includes(canonical)) {
      errors.push({ field: `${field}[${index}]`, message: `Satellite ${canonical} is named twice` });
    } else {
      resolved.push(canonical);
    }
  });
  return resolved;
}
