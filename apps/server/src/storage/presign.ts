import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Bucket } from './object-store.js';

export interface PresignedRequest {
  /** Method of the request; HEAD is allowed with a signature for GET. */
  readonly method: string;
  readonly bucket: string;
  /** As in the path, percent-decoded. */
  readonly key: string;
  /** The query as received. */
  readonly query: SignedQuery;
}

export interface SignedQuery {
  readonly expires?: string;
  readonly method?: string;
  readonly signature?: string;
  /** The size the content must have, when that was signed. */
  readonly bytes?: string;
  /** The SHA-256 the content must have, when that was signed. */
  readonly sha256?: string;
}

export type PresignVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'missing' | 'expired' | 'method' | 'signature' };

export interface Presigner {
  sign(
    method: 'GET' | 'PUT',
    bucket: Bucket,
    key: string,
    expiresSeconds: number,
    content?: { readonly bytes: number; readonly sha256?: string },
  ): string;
  verify(request: PresignedRequest, nowMs?: number): PresignVerdict;
}

const MAX_EXPIRES_SECONDS = 7 * 86_400;

/**
 * Signs links to objects with a key derived from the server's secret (HMAC-SHA-256).
 *
 * @param previous replaced secrets whose links still count
 */
export function createPresigner(
  secret: Uint8Array,
  baseUrl: string,
  previous: readonly Uint8Array[] = [],
): Presigner {
  const derive = (from: Uint8Array) => createHmac('sha256', from).update('gravity object links v1').digest();
  const key = derive(secret);
  const verifyingKeys = [key, ...previous.map(derive)];
  const signature = (
    signingKey: Uint8Array,
    method: string,
    bucket: string,
    objectKey: string,
    expires: string,
    { bytes, sha256 }: SignedQuery,
  ): string => {
    const parts = [method, bucket, objectKey, expires];
    if (bytes !== undefined) parts.push(`bytes=${bytes}`);
    if (sha256 !== undefined) parts.push(`sha256=${sha256}`);
    // Newline is no character of any part: the parts cannot be shifted against each other.
    return createHmac('sha256', signingKey).update(parts.join('\n')).digest('hex');
  };

  return {
    sign(method, bucket, objectKey, expiresSeconds, content) {
      if (!(expiresSeconds >= 1 && expiresSeconds <= MAX_EXPIRES_SECONDS)) {
        throw new RangeError(
          `expiresSeconds must be from 1 to ${MAX_EXPIRES_SECONDS}, found ${expiresSeconds}`,
        );
      }
      const expires = String(Math.floor(Date.now() / 1000 + expiresSeconds));
      const path = objectKey.split('/').map(encodeURIComponent).join('/');
      const promised: SignedQuery = {
        ...(content !== undefined && { bytes: String(content.bytes) }),
        ...(content?.sha256 !== undefined && { sha256: content.sha256 }),
      };
      const query = new URLSearchParams({
        expires,
        method,
        ...promised,
        signature: signature(key, method, bucket, objectKey, expires, promised),
      });
      return `${baseUrl}/objects/${bucket}/${path}?${query.toString()}`;
    },
    verify(request, nowMs = Date.now()) {
      const { expires, method, signature: given, bytes, sha256 } = request.query;
      if (expires === undefined || method === undefined || given === undefined)
        return { ok: false, reason: 'missing' };
      if (!/^\d{1,12}$/.test(expires)) return { ok: false, reason: 'signature' };
      if (!/^\d{0,16}$/.test(bytes ?? '') || !/^[0-9a-f]{0,64}$/.test(sha256 ?? '')) {
        return { ok: false, reason: 'signature' };
      }
      const received = Buffer.from(given);
      const isOurs = verifyingKeys.some((each) => {
        const text = signature(each, method, request.bucket, request.key, expires, { bytes, sha256 });
        const expected = Buffer.from(text);
        return expected.length === received.length && timingSafeEqual(expected, received);
      });
      if (!isOurs) return { ok: false, reason: 'signature' };
      // Only after the signature: nothing is told about links we did not sign.
      if (Number(expires) * 1000 <= nowMs) return { ok: false, reason: 'expired' };
      const asked = request.method === 'HEAD' ? 'GET' : request.method;
      return asked === method ? { ok: true } : { ok: false, reason: 'method' };
    },
  };
}
