import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derivedKey, type KeyRing } from './key-ring.js';

/** No key to seal with: GRAVITY_ENCRYPTION_KEY is not set. */
export class NoEncryptionKeyError extends Error {
  override readonly name = 'NoEncryptionKeyError';
  constructor() {
    super('Secrets of users can be kept only when GRAVITY_ENCRYPTION_KEY is set');
  }
}

/** What was sealed cannot be opened: altered, of another context, or its key is gone. */
export class SealedSecretError extends Error {
  override readonly name = 'SealedSecretError';
}

/**
 * Sensitive text for the database. AES-256-GCM; the context (such as `webhook:{id}`) is bound to it, so that a value
 * copied to another row does not open there.
 */
export interface SecretBox {
  /** False when no key is configured: `seal` throws NoEncryptionKeyError. */
  readonly available: boolean;
  /** `v1.<key id>.<nonce>.<text and tag>`, each time another. */
  seal(plaintext: string, context: string): string;
  /** @throws SealedSecretError */
  open(sealed: string, context: string): string;
  /** Whether it was sealed with a key that is no longer the first: seal it again. */
  isOutdated(sealed: string): boolean;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORM = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]+)$/;

/** @param keys the first one seals, all of them open; none: nothing can be sealed */
export function createSecretBox(keys: KeyRing = []): SecretBox {
  const ring = new Map(keys.map(({ id, key }) => [id, derivedKey(key, 'sealed secrets')]));
  const additional = (id: string, context: string) => Buffer.from(`v1.${id}.${context}`, 'utf8');
  const idOf = (sealed: string) => FORM.exec(sealed)?.[1];
  return {
    available: keys.length > 0,
    seal(plaintext, context) {
      const [first] = keys;
      const key = first === undefined ? undefined : ring.get(first.id);
      if (first === undefined || key === undefined) throw new NoEncryptionKeyError();
      // 96 random bits: one key may seal 2^32 values before a repeated nonce is likelier than 2^-32 (SP 800-38D, 8.3).
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additional(first.id, context));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${first.id}.${nonce.toString('base64url')}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [, id, nonce, text] = FORM.exec(sealed) ?? [];
      if (id === undefined) throw new SealedSecretError('This is no sealed secret');
      const key = ring.get(id);
      if (key === undefined)
        throw new SealedSecretError(`The key ${id} of a sealed secret is not configured`);
      const body = Buffer.from(text, 'base64url');
      if (body.length < TAG_BYTES) throw new SealedSecretError('A sealed secret is cut off');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(additional(id, context)).setAuthTag(body.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]);
        return plain.toString('utf8');
      } catch {
        throw new SealedSecretError('A sealed secret was altered or belongs elsewhere');
      }
    },
    isOutdated: (sealed) => keys.length > 0 && idOf(sealed) !== keys[0].id,
  };
}
