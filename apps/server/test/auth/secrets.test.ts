import { createDecipheriv, hkdfSync } from 'node:crypto';
import { createSecretBox, NoEncryptionKeyError, parseKeyRing, SealedSecretError } from '@gravity/server';
import { expect, it } from 'vitest';

const old = { id: 'old', key: new Uint8Array(32).fill(7) };
const fresh = { id: 'new', key: new Uint8Array(32).fill(9) };

it('opens what it sealed, and seals the same text differently each time', () => {
  const box = createSecretBox([old]);
  const sealed = box.seal('geheim ü', 'webhook:1');
  expect(sealed).not.toContain('geheim');
  expect(box.open(sealed, 'webhook:1')).toBe('geheim ü');
  expect(box.seal('geheim ü', 'webhook:1')).not.toBe(sealed);
});

it('is AES-256-GCM under a derived key, as another program would open it', () => {
  const [, id, nonce, text] = createSecretBox([old]).seal('abc', 'x').split('.');
  const key = new Uint8Array(hkdfSync('sha256', old.key, '', 'gravity sealed secrets', 32));
  const body = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'));
  decipher.setAAD(Buffer.from(`v1.${id}.x`)).setAuthTag(body.subarray(-16));
  expect(decipher.update(body.subarray(0, -16)).toString() + decipher.final().toString()).toBe('abc');
});

it('refuses every altered character, another context and another key', () => {
  const box = createSecretBox([old]);
  const sealed = box.seal('abc', 'webhook:1');
  for (let i = 0; i < sealed.length - 1; i++) {
    const altered = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`;
    expect(() => box.open(altered, 'webhook:1'), `character ${i}`).toThrow(SealedSecretError);
  }
  expect(() => box.open(sealed, 'webhook:2')).toThrow(SealedSecretError);
  expect(() => box.open(sealed.slice(0, 30), 'webhook:1')).toThrow(SealedSecretError);
  const other = createSecretBox([{ id: 'old', key: fresh.key }]);
  expect(() => other.open(sealed, 'webhook:1')).toThrow(SealedSecretError);
});

it('reads with older keys after a rotation, writes with the new one, and says what to seal again', () => {
  const before = createSecretBox([old]).seal('abc', 'x');
  const rotated = createSecretBox([fresh, old]);
  expect(rotated.open(before, 'x')).toBe('abc');
  expect(rotated.isOutdated(before)).toBe(true);
  const after = rotated.seal('abc', 'x');
  expect(rotated.isOutdated(after)).toBe(false);
  expect(() => createSecretBox([old]).open(after, 'x')).toThrow(/key new .* not configured/);
});

it('seals nothing without a key', () => {
  expect(createSecretBox().available).toBe(false);
  expect(() => createSecretBox().seal('abc', 'x')).toThrow(NoEncryptionKeyError);
});

it('reads key rings with and without names, and never repeats a key in an error', () => {
  const decode = (text: string) => (text.length === 4 ? Buffer.from(text) : undefined);
  expect(parseKeyRing('b:4444, a:3333', decode).map(({ id }) => id)).toEqual(['b', 'a']);
  expect(parseKeyRing('4444', decode)[0].id).toMatch(/^[0-9a-f]{12}$/);
  for (const wrong of ['b:4444,b:3333', 'b:secret', 'b b:4444', '']) {
    expect(() => parseKeyRing(wrong, decode)).toThrow();
    expect(() => parseKeyRing(wrong, decode)).not.toThrow(/secret|4444/);
  }
});
