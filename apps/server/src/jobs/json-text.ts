/** PostgreSQL's text and jsonb take no NUL and jsonb no half surrogate pair. */
const UNSTORABLE = /\p{Surrogate}|\0/gu;

export function storableText(text: string, maxLength = 10_000): string {
  const clean = text.replace(UNSTORABLE, '\uFFFD');
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}

/** JSON text that jsonb takes: bigint as text, numbers that are none as null. */
export function storableJson(value: unknown): string {
  return JSON.stringify(clean(value)) ?? 'null';
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNSTORABLE, '\uFFFD');
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON());
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.replace(UNSTORABLE, '\uFFFD'), clean(item)]),
  );
}
