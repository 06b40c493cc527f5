import type { Role } from '../db/schema.js';

/** What an API key may be for. */
export const scopes = ['read', 'jobs', 'products', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Whose things a route touches. */
export type Ownership =
  /** Nobody's: common data, or the system. */
  | 'none'
  /** The caller's own account and what hangs on it, for admins too. */
  | 'self'
  /** Things of one user: for the owner and admins; to others they do not exist (404). */
  | 'owner'
  /** As `owner`, and for every user once published. */
  | 'published'
  /** Whatever the signed link in the address names. */
  | 'link';

export interface Rule {
  /** Least role; `public`: nobody needs to be known. */
  readonly role: 'public' | Role;
  /** Scope an API key needs; `login`: no key will do; null: the route asks for nobody. */
  readonly scope: Scope | 'login' | null;
  readonly owner: Ownership;
}

const open = (owner: Ownership = 'none'): Rule => ({ role: 'public', scope: null, owner });
const rule = (role: Role, scope: Scope | 'login', owner: Ownership): Rule => ({ role, scope, owner });

/**
 * Who may do what, by operation. The one place: http/access.ts enforces it, a route that is not here stops the start,
 * and docs/permissions.md and the permission matrix of the tests are made from it.
 */
export const permissions: Readonly<Record<string, Rule>> = {
  registerUser: open(),
  login: open(),
  refreshToken: open(),
  getCurrentUser: rule('viewer', 'read', 'self'),
  logout: rule('viewer', 'login', 'self'),
  changePassword: rule('viewer', 'login', 'self'),
  createApiKey: rule('viewer', 'login', 'self'),
  listApiKeys: rule('viewer', 'read', 'self'),
  revokeApiKey: rule('viewer', 'login', 'self'),

  listUsers: rule('admin', 'admin', 'none'),
  updateUser: rule('admin', 'admin', 'none'),
  getUserQuota: rule('admin', 'admin', 'none'),
  setUserQuota: rule('admin', 'admin', 'none'),

  listAudit: rule('viewer', 'read', 'self'),
  exportAudit: rule('admin', 'admin', 'none'),

  createDataSource: rule('operator', 'login', 'self'),
  listDataSources: rule('operator', 'read', 'self'),
  deleteDataSource: rule('operator', 'login', 'self'),

  createPlan: rule('operator', 'jobs', 'self'),
  createIngest: rule('operator', 'jobs', 'self'),
  createProcess: rule('operator', 'jobs', 'self'),
  createCatalog: rule('operator', 'products', 'owner'),
  createUpload: rule('operator', 'jobs', 'self'),

  listJobs: rule('viewer', 'read', 'owner'),
  getJob: rule('viewer', 'read', 'owner'),
  cancelJob: rule('operator', 'jobs', 'owner'),
  retryJob: rule('operator', 'jobs', 'owner'),
  listJobEvents: rule('viewer', 'read', 'owner'),
  listJobLogs: rule('viewer', 'read', 'owner'),

  createWebhook: rule('operator', 'jobs', 'self'),
  listWebhooks: rule('operator', 'read', 'self'),
  getWebhook: rule('operator', 'read', 'owner'),
  updateWebhook: rule('operator', 'jobs', 'owner'),
  deleteWebhook: rule('operator', 'jobs', 'owner'),
  listWebhookDeliveries: rule('operator', 'read', 'owner'),
  testWebhook: rule('operator', 'jobs', 'owner'),

  listProducts: rule('viewer', 'read', 'published'),
  getProduct: rule('viewer', 'read', 'published'),
  getProductContent: rule('viewer', 'read', 'published'),
  getProductUrl: rule('viewer', 'read', 'published'),
  getProductProvenance: rule('viewer', 'read', 'published'),
  reproduceProduct: rule('operator', 'jobs', 'published'),
  compareProducts: rule('viewer', 'read', 'published'),
  getProductStac: rule('viewer', 'read', 'published'),

  listFiles: rule('viewer', 'read', 'none'),
  getFile: rule('viewer', 'read', 'none'),
  getCoverage: rule('viewer', 'read', 'none'),
  listObservations: rule('viewer', 'read', 'none'),

  getObject: open('link'),
  putObject: open('link'),

  getLimits: rule('viewer', 'read', 'none'),
  getHealth: open(),
  getLiveness: open(),
  getReadiness: open(),
  getMetrics: open(),
};

/** Pages and files outside of the API, open to everyone: documentation and console. They hold no data. */
export const openPages: readonly RegExp[] = [
  /^\/$/,
  /^\/openapi\.json$/,
  /^\/docs(\/.*)?$/,
  /^\/redoc(\/redoc\.standalone\.js)?$/,
  // Files of the console, by their endings.
  /^\/[\w./-]+\.(html|js|mjs|css|svg|png|ico|json|woff2?|map|webmanifest|txt)$/,
];

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Roles include the rights of those below them. */
export function includesRole(role: Role, least: Role): boolean {
  return rank[role] >= rank[least];
}

/** The role a key acts with: what only admins may do needs the scope `admin` too. */
export function roleOfKey(role: Role, granted: readonly string[]): Role {
  return role === 'admin' && !granted.includes('admin') ? 'operator' : role;
}

export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: 'role' | 'scope' | 'login'; readonly needed: string };

/** Whether a known caller may use a route; whose things it may touch there is up to the route. */
export function judge(
  { role: least, scope }: Rule,
  caller: { readonly role: Role; readonly scopes?: readonly string[] },
): Verdict {
  if (least === 'public') return { allowed: true };
  if (caller.scopes !== undefined) {
    if (scope === 'login') return { allowed: false, reason: 'login', needed: 'a login' };
    if (scope !== null && !caller.scopes.includes(scope))
      return { allowed: false, reason: 'scope', needed: scope };
  }
  if (!includesRole(caller.role, least)) return { allowed: false, reason: 'role', needed: least };
  return { allowed: true };
}
