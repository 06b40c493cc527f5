/** How often something happens, and where first. */
export interface Tally {
  count: number;
  firstLine: number;
}

export function tally(map: Map<string, Tally>, key: string, line: number): void {
  const entry = map.get(key);
  if (entry) entry.count++;
  else map.set(key, { count: 1, firstLine: line });
}
