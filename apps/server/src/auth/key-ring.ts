import { createHash, hkdfSync } from 'node:crypto';

/** A secret key with the name by which what was made with it finds it again. */
export interface RingKey {
  /** 1 to 32 letters, digits, - and _. */
  readonly id: string;
  readonly key: Uint8Array;
}

/** Keys in force. The first one signs or seals, all of them verify and open. */
export type KeyRing = readonly RingKey[];

const ID = /^[A-Za-z0-9_-]{1,32}$/;

/** Name of a key that was given without one: it tells keys apart and nothing about the key. */
export function idOfKey(key: Uint8Array): string {
  return createHash('sha256').update('gravity key id\n').update(key).digest('hex').slice(0, 12);
}

/**
 * Keys out of a text such as `key`, or `2026b:key,2026a:key` with names, newest first.
 *
 * @param decode the bytes of one key; undefined when the text is none
 * @throws Error saying what is wrong, without the keys
 */
export function parseKeyRing(text: string, decode: (key: string) => Uint8Array | undefined): KeyRing {
  const ring = text.split(',').map((part, i): RingKey => {
    const [, id, encoded] = /^(?:([^:]*):)?(.*)$/s.exec(part.trim()) ?? [];
    const key = decode(encoded ?? '');
    if (key === undefined) throw new Error(`key ${i + 1} has not the form or length needed`);
    if (id !== undefined && !ID.test(id)) {
      throw new Error(`the name of key ${i + 1} is not 1 to 32 letters, digits, - and _`);
    }
    return { id: id ?? idOfKey(key), key };
  });
  if (new Set(ring.map(({ id }) => id)).size < ring.length) throw new Error('two keys have the same name');
  return ring;
}

/** A key of 32 bytes for one purpose only, out of a key of the ring (HKDF, RFC 5869, with SHA-256). */
export function derivedKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), `gravity ${purpose}`, 32));
}

/** 32 bytes as 64 hexadecimal digits or as base64. */
export function decodeKey32(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length === 32 ? key : undefined;
}
