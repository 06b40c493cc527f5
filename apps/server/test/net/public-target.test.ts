import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  assertPublicHttpTarget,
  createAllowList,
  ForbiddenTargetError,
  guardedLookup,
  isPublicAddress,
  type OutboundPolicy,
  sendToPublicTarget,
} from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A resolver that answers with these, one list per call; the last one for ever. */
function resolving(...answers: readonly (readonly string[])[]) {
  let calls = 0;
  return {
    calls: () => calls,
    resolve: async () => {
      const answer = answers[Math.min(calls++, answers.length - 1)];
      return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  };
}
const policy = (resolve: OutboundPolicy['resolve'], allow: readonly string[] = []): OutboundPolicy => ({
  allow: createAllowList(allow),
  resolve,
});

describe('addresses', () => {
  // RFC 6890 and the IANA registries of special-purpose addresses; the last of each block and its neighbours.
  it.each([
    '0.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '100::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'nonsense',
    '',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each([
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:800::200e',
    '2001:4860:4860::8888',
  ])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('targets', () => {
  const open = resolving(['93.184.216.34', '2606:2800:220:1::1']);
  it.each([
    'file:///etc/passwd',
    'gopher://example.org/',
    'ftp://example.org',
    'javascript:alert(1)',
    'example.org',
    '',
    'http://user:secret@example.org/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://169.254.169.254/latest/meta-data/',
    'https://10.0.0.5:8443/hook',
    'http://[fd00:ec2::254]/',
    'http://①②⑦.⓪.⓪.①/',
  ])('%s is refused before any name is asked for', async (url) => {
    const names = resolving(['93.184.216.34']);
    await expect(assertPublicHttpTarget(url, policy(names.resolve))).rejects.toBeInstanceOf(
      ForbiddenTargetError,
    );
    expect(names.calls()).toBe(0);
  });
  it.each(['https://example.org/hook', 'http://example.org:8080/x?y=1', 'http://8.8.8.8/'])(
    '%s is taken',
    async (url) => {
      const target = await assertPublicHttpTarget(url, policy(open.resolve));
      expect(target.url.href).toBe(new URL(url).href);
    },
  );
  it('refuses a name with one inner address among public ones, without telling the address', async () => {
    const mixed = policy(resolving(['93.184.216.34', '10.1.2.3']).resolve);
    const refusal = await assertPublicHttpTarget('http://example.org', mixed).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(ForbiddenTargetError);
    expect((refusal as Error).message).not.toContain('10.1.2.3');
    await expect(
      assertPublicHttpTarget(
        'http://gone.example',
        policy(async () => []),
      ),
    ).rejects.toThrow(/resolved/);
  });
  it('takes what the allow-list names, and only that', async () => {
    const inner = resolving(['10.1.2.3']).resolve;
    const take = (url: string, allow: string[]) => assertPublicHttpTarget(url, policy(inner, allow));
    await expect(take('http://minio.internal:9000', ['minio.internal'])).resolves.toBeTruthy();
    await expect(take('http://minio.internal:9000', ['minio.internal:9000'])).resolves.toBeTruthy();
    await expect(take('http://minio.internal:9001', ['minio.internal:9000'])).rejects.toThrow();
    await expect(take('http://other.internal', ['10.1.2.0/24'])).resolves.toBeTruthy();
    await expect(take('http://other.internal', ['10.1.3.0/24'])).rejects.toThrow();
    await expect(take('http://127.0.0.1', ['127.0.0.1'])).resolves.toBeTruthy();
    expect(() => createAllowList(['10.0.0.0/33'])).toThrow('10.0.0.0/33');
    expect(() => createAllowList(['http://x'])).toThrow();
  });
  it('is pinned: the name may say something else by the time of the connection', async () => {
    const rebinding = resolving(['93.184.216.34'], ['127.0.0.1']);
    const target = await assertPublicHttpTarget('http://rebind.example', policy(rebinding.resolve));
    const found = await new Promise((resolve) =>
      target.lookup('rebind.example', { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }]);
    expect(rebinding.calls()).toBe(1);
  });
  it('checks each new connection of an agent', async () => {
    const rebinding = resolving(['93.184.216.34'], ['127.0.0.1']);
    const lookup = guardedLookup(80, policy(rebinding.resolve));
    const look = () =>
      new Promise((resolve, reject) =>
        lookup('rebind.example', {}, (error, address) => (error ? reject(error) : resolve(address))),
      );
    expect(await look()).toBe('93.184.216.34');
    await expect(look()).rejects.toBeInstanceOf(ForbiddenTargetError);
  });
});

describe('requests', () => {
  let server: Server;
  let port: number;
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      if (request.url === '/redirect') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      else if (request.url === '/long') response.end('x'.repeat(100_000));
      else if (request.url === '/slow') setTimeout(() => response.end('late'), 5000).unref();
      else request.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const local = policy(resolving(['127.0.0.1']).resolve, ['hooks.example']);

  it('goes to the checked address under the name of the URL', async () => {
    const answer = await sendToPublicTarget(
      `http://hooks.example:${port}/a`,
      { method: 'POST', body: 'hello' },
      local,
    );
    expect(answer).toMatchObject({ status: 200, body: 'hello', truncated: false });
    expect(seen.at(-1)).toBe(`POST /a hooks.example:${port}`);
  });
  it('does not reach this machine when nobody allowed it', async () => {
    const before = seen.length;
    const names = policy(resolving(['127.0.0.1']).resolve);
    await expect(sendToPublicTarget(`http://evil.example:${port}/`, {}, names)).rejects.toThrow(
      ForbiddenTargetError,
    );
    await expect(sendToPublicTarget(`http://127.0.0.1:${port}/`)).rejects.toThrow(ForbiddenTargetError);
    await expect(sendToPublicTarget(`http://localhost:${port}/`)).rejects.toThrow(ForbiddenTargetError);
    expect(seen).toHaveLength(before);
  });
  it('hands redirects back, cuts long answers and ends slow ones', async () => {
    const at = (path: string) => `http://hooks.example:${port}${path}`;
    expect((await sendToPublicTarget(at('/redirect'), {}, local)).status).toBe(302);
    const long = await sendToPublicTarget(at('/long'), { maxResponseBytes: 1000 }, local);
    expect([long.body.length, long.truncated]).toEqual([1000, true]);
    await expect(sendToPublicTarget(at('/slow'), { timeoutMilliseconds: 100 }, local)).rejects.toThrow();
    const never = policy(() => new Promise(() => undefined));
    await expect(
      sendToPublicTarget('http://a.example', { timeoutMilliseconds: 100 }, never),
    ).rejects.toThrow();
  });
});
