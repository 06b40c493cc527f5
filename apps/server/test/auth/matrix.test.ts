import { permissions, type RoutePermission, type Rule, type Scope, scopes } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness, password } from '../http-harness.js';
import { type Owner, queries, resources, samples } from './matrix-resources.js';

type RoleName = 'viewer' | 'operator' | 'admin';

/** One kind of caller. What it may do is written down here a second time, on purpose: this is the specification. */
interface Caller {
  readonly name: string;
  readonly role?: RoleName;
  readonly scopes?: readonly Scope[];
  readonly userId: string;
  readonly headers: Readonly<Record<string, string>>;
}

let harness: Harness;
let callers: Caller[] = [];
let routes: readonly RoutePermission[] = [];
const users = new Map<string, string>();
let address = 1;

/** From another address each time: the limits per address are not what is looked at here. */
async function send(method: string, url: string, headers: Readonly<Record<string, string>>, body?: unknown) {
  address += 1;
  const response = await harness.app.inject({
    method: method as 'GET',
    url,
    remoteAddress: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: response.statusCode, text: response.body };
}

async function tokenOf(username: string): Promise<string> {
  const { text } = await send('POST', '/auth/token', {}, { username, password });
  return JSON.parse(text).access_token;
}

async function addUser(username: string, role: RoleName): Promise<string> {
  const { text } = await send(
    'POST',
    '/auth/register',
    {},
    {
      username,
      email: `${username}@example.org`,
      password,
    },
  );
  const { id } = JSON.parse(text);
  await harness.db.kysely.updateTable('users').set({ role }).where('id', '=', id).execute();
  return id;
}

beforeAll(async () => {
  harness = await openHarness({ userRateLimitPerMinute: 1_000_000 });
  for (const role of ['admin', 'operator', 'viewer'] as const) users.set(role, await addUser(role, role));
  users.set('other', await addUser('other', 'operator'));
  routes = harness.app.routePermissions;
  callers = [{ name: 'anonymous', userId: '', headers: {} }];
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const token = await tokenOf(role);
    const userId = users.get(role) ?? '';
    callers.push({ name: role, role, userId, headers: { authorization: `Bearer ${token}` } });
    const grants: Scope[][] =
      role === 'viewer' ? [['read', 'jobs', 'products']] : scopes.map((scope) => [scope]);
    for (const granted of role === 'operator' ? grants.filter(([scope]) => scope !== 'admin') : grants) {
      const body = { name: granted.join(), scopes: granted, expires_in_days: 1 };
      const { text } = await send('POST', '/auth/api-keys', { authorization: `Bearer ${token}` }, body);
      const { key } = JSON.parse(text);
      callers.push({
        name: `${role}'s key for ${granted.join()}`,
        role,
        scopes: granted,
        userId,
        headers: { 'x-api-key': key },
      });
    }
  }
});
afterAll(() => harness.close());

const order: readonly RoleName[] = ['viewer', 'operator', 'admin'];

/** An admin's key is an admin's only with the scope for it. */
function actsAs({ role, scopes: granted }: Caller): RoleName | undefined {
  return role === 'admin' && granted !== undefined && !granted.includes('admin') ? 'operator' : role;
}

/** Status that the gate gives; undefined: let through. */
function refusedBy(rule: Rule, caller: Caller): number | undefined {
  if (rule.role === 'public') return undefined;
  const role = actsAs(caller);
  if (role === undefined) return 401;
  if (
    caller.scopes !== undefined &&
    (rule.scope === 'login' || !caller.scopes.includes(rule.scope as Scope))
  ) {
    return 403;
  }
  return order.indexOf(role) < order.indexOf(rule.role) ? 403 : undefined;
}

type Case = 'own' | 'foreign' | 'published';

/** Whether the caller may touch things of this kind. */
function maySee(rule: Rule, caller: Caller, kind: Case): boolean {
  if (kind === 'own' || rule.owner === 'none') return true;
  if (kind === 'published') return rule.owner === 'published';
  return rule.owner !== 'self' && actsAs(caller) === 'admin';
}

/** Ends logins: done by a user made for it. */
const endsLogin = new Set(['logout', 'changePassword']);

async function attempt(route: RoutePermission, caller: Caller, kind: Case) {
  const { operationId, url } = route;
  const stranger = users.get('other') ?? '';
  const owner: Owner = {
    userId: kind === 'own' && caller.userId !== '' ? caller.userId : stranger,
    published: kind === 'published',
  };
  let path = url;
  for (const [param, key] of url.matchAll(/:(\w+)|\*/g)) {
    path = path.replace(param, await resources[key ?? '*'](harness, owner, operationId));
  }
  let { headers } = caller;
  if (endsLogin.has(operationId) && caller.role !== undefined && caller.scopes === undefined) {
    const name = `${caller.role}-${address}`;
    await addUser(name, caller.role);
    headers = { authorization: `Bearer ${await tokenOf(name)}` };
  }
  const body = await samples[operationId]?.body(harness, owner);
  const query = (queries[operationId] ?? '').replace('{id}', path.split('/')[2] ?? '');
  return send(route.method, path + query, headers, body);
}

const hasParams = ({ url }: RoutePermission) => /[:*]/.test(url);

/** What is looked at: things of one's own; of others where things belong to somebody; published ones. */
function casesOf(route: RoutePermission): Case[] {
  const { owner } = route.rule;
  const names = hasParams(route) || samples[route.operationId]?.foreign !== undefined;
  if (!names || owner === 'none' || owner === 'link') return ['own'];
  return owner === 'published' ? ['own', 'foreign', 'published'] : ['own', 'foreign'];
}

function expectation(route: RoutePermission, caller: Caller, kind: Case): (status: number) => boolean {
  const { rule, operationId } = route;
  const refused = refusedBy(rule, caller);
  if (refused !== undefined) return (status) => status === refused;
  // A link nobody signed, a refresh token nobody issued.
  if (rule.owner === 'link') return (status) => status === 403;
  if (operationId === 'refreshToken') return (status) => status === 401;
  if (maySee(rule, caller, kind)) return (status) => status >= 200 && status < 300;
  const sample = samples[operationId];
  const expected = hasParams(route) ? 404 : sample.foreign;
  return (status) => status === expected;
}

describe('permission matrix', () => {
  it('knows a rule for each route and a route for each rule', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect([...new Set(routes.map(({ operationId }) => operationId))].sort()).toEqual(
      Object.keys(permissions).sort(),
    );
    for (const { rule } of routes) {
      expect(rule.role === 'public').toBe(rule.scope === null);
    }
  });

  it('has something to send to each of them', () => {
    for (const { url, operationId, hasBody } of routes) {
      for (const [, key] of url.matchAll(/:(\w+)|\*/g)) {
        expect(resources[key ?? '*'], `add ${key} (${url}) to matrix-resources.ts`).toBeDefined();
      }
      if (hasBody)
        expect(samples[operationId], `add a body for ${operationId} to matrix-resources.ts`).toBeDefined();
    }
  });

  it('holds for every route, caller and owner', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const route of routes) {
      for (const caller of callers) {
        for (const kind of casesOf(route)) {
          const { status, text } = await attempt(route, caller, kind);
          count += 1;
          if (expectation(route, caller, kind)(status)) continue;
          wrong.push(`${route.method} ${route.url} ${caller.name} ${kind}: ${status} ${text.slice(0, 120)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(400);
  });

  it('keeps lists free of what belongs to others', async () => {
    const stranger: Owner = { userId: users.get('other') ?? '' };
    const secret: Record<string, string> = {};
    for (const kind of ['job_id', 'product_id', 'key_id', 'data_source_id']) {
      secret[kind] = await resources[kind](harness, stranger, '');
    }
    const shown = await resources.product_id(harness, { ...stranger, published: true }, '');
    const lists = routes.filter(
      (route) => route.method === 'GET' && !hasParams(route) && route.rule.role !== 'public',
    );
    expect(lists.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining(['listJobs', 'listProducts', 'listApiKeys', 'listDataSources', 'listAudit']),
    );
    const seen = new Map<string, string[]>();
    for (const route of lists) {
      if (route.rule.owner === 'none') continue;
      for (const caller of callers) {
        if (refusedBy(route.rule, caller) !== undefined) continue;
        const { text } = await send(
          'GET',
          `${route.url}?limit=1000`.replace('api-keys?limit=1000', 'api-keys'),
          caller.headers,
        );
        const foreign = Object.entries(secret)
          .filter(([, id]) => text.includes(id))
          .map(([kind]) => kind);
        if (route.operationId !== 'listAudit') seen.set(`${route.operationId} ${caller.name}`, foreign);
        else if (actsAs(caller) !== 'admin') expect(text).not.toContain(stranger.userId);
        if (route.operationId === 'listProducts') expect(text, caller.name).toContain(shown);
      }
    }
    for (const [what, foreign] of seen) {
      const [operation, ...name] = what.split(' ');
      const caller = callers.find((candidate) => candidate.name === name.join(' '));
      const isAdmin = caller !== undefined && actsAs(caller) === 'admin';
      const allowed = isAdmin ? { listJobs: ['job_id'], listProducts: ['product_id'] }[operation] : undefined;
      expect(foreign, what).toEqual(allowed ?? []);
    }
  });

  it('is printed in the documentation', async () => {
    const who = { viewer: 'every user', operator: 'operators, admins', admin: 'admins', public: 'everyone' };
    const whose = {
      none: '—',
      self: "the caller's own",
      owner: "the caller's own; admins: all",
      published: "published ones and the caller's own; admins: all",
      link: 'what the signed link names',
    };
    const lines = routes.map(({ method, url, operationId, rule }) => {
      const key = rule.scope === null ? '—' : rule.scope === 'login' ? 'none will do' : `\`${rule.scope}\``;
      const path = url.replace(/:(\w+)/g, '{$1}').replace('*', '{key}');
      return `| \`${method} ${path}\` | ${operationId} | ${who[rule.role]} | ${key} | ${whose[rule.owner]} |`;
    });
    const text = [
      '# Who may do what',
      '',
      'Made from `apps/server/src/auth/permissions.ts` by the permission matrix test (`npx vitest run apps/server/test/auth/matrix.test.ts -u`),',
      'which also sends every request of this table as every kind of caller. Things of others that one may not see answer 404, as if',
      'they did not exist. A key acts with the role of its user, an admin’s key without the scope `admin` as an operator.',
      '',
      '| route | operation | who | scope of an API key | whose things |',
      '| --- | --- | --- | --- | --- |',
      ...lines,
      '',
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../../../../docs/permissions.md');
  });
});
