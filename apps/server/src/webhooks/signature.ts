import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'whsec_';
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** A new secret: 32 random bytes in the form of Standard Webhooks, `whsec_` and base64. */
export function createWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** The bytes of a secret; undefined when it has not the form: `whsec_` and 24 to 64 bytes in base64. */
export function secretBytes(secret: string): Uint8Array | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) return undefined;
  return bytes;
}

export interface SignedMessage {
  /** Of the event; the same for every attempt. */
  readonly id: string;
  /** Of this attempt: receivers refuse old ones. */
  readonly unixSeconds: number;
  readonly body: string;
}

/**
 * Headers of Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
 *
 * @throws Error when the secret has not the form of `createWebhookSecret`
 */
export function signatureHeaders(secret: string, message: SignedMessage): Readonly<Record<string, string>> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.unixSeconds),
    'webhook-signature': `v1,${sign(secret, message).toString('base64')}`,
  };
}

function sign(secret: string, { id, unixSeconds, body }: SignedMessage): Buffer {
  const key = secretBytes(secret);
  if (key === undefined) throw new Error('the secret of a webhook has not the form whsec_…');
  return createHmac('sha256', key).update(`${id}.${unixSeconds}.${body}`).digest();
}

/**
 * What a receiver does: whether one of the signatures is right and the timestamp not older or newer than
 * `toleranceSeconds`.
 */
export function verifySignature(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  { toleranceSeconds = 300, nowUnixSeconds = Date.now() / 1000 } = {},
): boolean {
  const id = headers['webhook-id'];
  const unixSeconds = Number(headers['webhook-timestamp']);
  if (id === undefined || !Number.isInteger(unixSeconds)) return false;
  if (Math.abs(nowUnixSeconds - unixSeconds) > toleranceSeconds) return false;
  const expected = sign(secret, { id, unixSeconds, body });
  return (headers['webhook-signature'] ?? '').split(' ').some((part) => {
    const [version, text = ''] = part.split(',');
    const offered = Buffer.from(text, 'base64');
    return version === 'v1' && offered.length === expected.length && timingSafeEqual(offered, expected);
  });
}
