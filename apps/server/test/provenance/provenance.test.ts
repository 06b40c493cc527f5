import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseGfc } from '@gravity/formats';
import { listObservationFiles } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers.js';
import { type Harness, openHarness, sha256 } from '../http-harness.js';
import { provJsonFaults } from './prov-json-check.js';
import { gfcText, type SeededRun, seedCatalog, seedIngest, seedPlan, seedRun } from './seed.js';

/** A Python that has the package `prov` (the reference implementation of PROV-JSON): an optional, independent reader. */
const python = process.env.GRAVITY_TEST_PROV_PYTHON ?? 'python3';
const hasProv = (() => {
  try {
    execFileSync(python, ['-c', 'import prov.model'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('provenance', () => {
  let harness: Harness;
  let anna: { readonly id: string; readonly token: string };
  let bert: { readonly id: string; readonly token: string };
  let files: string[];
  let planId: string;
  let run: SeededRun;
  let catalogId: string;

  beforeAll(async () => {
    harness = await openHarness();
    await harness.addUser('admin');
    anna = await harness.addUser('anna');
    bert = await harness.addUser('bert');
    const names = ['GNV1B_2021-07-17_C_04.txt', 'KBR1B_2021-07-17_Y_04.txt', 'ACC1B <&"\' \u0007.txt'];
    files = await seedIngest(harness, anna.id, names);
    planId = await seedPlan(harness, anna.id);
    run = await seedRun(harness, { userId: anna.id, fileIds: files.slice(0, 3), planId });
    catalogId = await seedCatalog(harness, anna.id, run.productId);
  });
  afterAll(() => harness.close());

  const get = (url: string, token = anna.token, headers: Record<string, string> = {}) =>
    harness.request('GET', url, { token, headers });
  const provenance = (query = '', headers: Record<string, string> = {}) =>
    get(`/products/${run.productId}/provenance${query}`, anna.token, headers);

  it('comes in the format asked for, by name or by Accept', async () => {
    for (const [query, accept, type] of [
      ['', undefined, 'application/json'],
      ['', '*/*', 'application/json'],
      ['', 'application/provenance+json', 'application/provenance+json'],
      ['', 'image/svg+xml, application/json;q=0.5', 'image/svg+xml'],
      ['', 'text/html, application/json;q=0.9, image/svg+xml;q=0.8', 'application/json'],
      ['?format=svg', 'application/json', 'image/svg+xml'],
      ['?format=prov-json', undefined, 'application/provenance+json'],
      ['?format=json', 'image/svg+xml', 'application/json'],
    ] as const) {
      const answer = await provenance(query, accept === undefined ? {} : { accept });
      expect([query, accept, answer.status, answer.headers['content-type']?.split(';')[0]]).toEqual([
        query,
        accept,
        200,
        type,
      ]);
    }
    expect((await provenance('?format=xml')).status).toBe(422);
    expect((await get(`/products/${run.productId}/provenance?format=svg`, bert.token)).status).toBe(200);
  });

  it('is valid PROV-JSON from the raw files to the catalogue', async () => {
    const { body } = await provenance('?format=prov-json');
    expect(provJsonFaults(body)).toEqual([]);
    const { baseUrl } = harness.config;
    expect(body.prefix.api).toBe(`${baseUrl}/`);
    const product = `api:products/${run.productId}`;
    const process = `api:ops/jobs/${run.jobId}`;
    expect(body.entity[product]).toMatchObject({
      'gpb:sha256': sha256(gfcText()),
      'gpb:recipe_sha256': sha256('recipe'),
      'gpb:quality.sigma0': { $: '0.98', type: 'xsd:double' },
    });
    expect(body.activity[process]).toMatchObject({
      'prov:type': { $: 'gpb:Process', type: 'prov:QUALIFIED_NAME' },
      'prov:startTime': '2026-01-05T10:04:00.000Z',
      'prov:endTime': '2026-01-05T10:05:00.000Z',
    });
    const list = (kind: string): Record<string, string>[] => Object.values(body[kind]);
    // One step after the other, from the product back to the bytes of a raw file.
    const raw = `sha256:${sha256('GNV1B_2021-07-17_C_04.txt')}`;
    const observations = `api:files/${files[0]}`;
    expect(list('wasGeneratedBy')).toContainEqual(
      expect.objectContaining({ 'prov:entity': product, 'prov:activity': process }),
    );
    expect(list('used')).toContainEqual({
      'prov:activity': process,
      'prov:entity': observations,
      'prov:role': 'observations',
    });
    const ingest = list('wasGeneratedBy').find((one) => one['prov:entity'] === observations)?.[
      'prov:activity'
    ];
    expect(list('used')).toContainEqual({ 'prov:activity': ingest, 'prov:entity': raw });
    expect(list('wasDerivedFrom')).toContainEqual({
      'prov:generatedEntity': product,
      'prov:usedEntity': observations,
      'prov:activity': process,
    });
    expect(list('used')).toContainEqual({
      'prov:activity': process,
      'prov:entity': `sha256:${sha256('model')}`,
      'prov:role': 'static_field',
    });
    expect(list('wasGeneratedBy')).toContainEqual({
      'prov:entity': `${product}/stac`,
      'prov:activity': `api:ops/jobs/${catalogId}`,
    });
    // User, software with its commit, and the parameters as its plan.
    const software = `gpb:software/0.1.0/${'a'.repeat(40)}`;
    expect(body.agent[software]['gpb:git_commit']).toBe('a'.repeat(40));
    expect(body.agent[`api:users/${anna.id}`]).toEqual({
      'prov:type': { $: 'prov:Person', type: 'prov:QUALIFIED_NAME' },
      'prov:label': 'anna',
    });
    expect(list('wasAssociatedWith')).toContainEqual({
      'prov:activity': process,
      'prov:agent': software,
      'prov:plan': `${process}/parameters`,
    });
    const parameters = JSON.parse(body.entity[`${process}/parameters`]['prov:value']);
    expect(parameters).toMatchObject({ algorithm: 'variational', degree_max: 3 });
    expect(JSON.stringify(body)).not.toContain('example.org');
  });

  it('the check finds what is wrong with a document', async () => {
    const { body } = await provenance('?format=prov-json');
    const broken = structuredClone(body);
    delete broken.entity[`api:products/${run.productId}`];
    delete Object.values<Record<string, string>>(broken.used)[0]['prov:activity'];
    broken.agent['nowhere:x'] = { 'gpb:list': [1, 2] };
    expect(provJsonFaults(broken).join('\n')).toMatch(
      /there is no entity api:products[\s\S]*nowhere:x|nowhere:x[\s\S]*there is no entity/,
    );
    expect(provJsonFaults(broken).some((fault) => fault.endsWith('lacks prov:activity'))).toBe(true);
  });

  it.skipIf(!hasProv)('is read by the Python package prov, and is the same when that writes it', async () => {
    const folder = temporaryFolder();
    try {
      const path = join(folder.path, 'prov.json');
      writeFileSync(path, (await provenance('?format=prov-json')).text);
      const script = `
import sys, json
from prov.model import ProvDocument
first = ProvDocument.deserialize(sys.argv[1])
again = ProvDocument.deserialize(content=first.serialize())
assert first == again
print(json.dumps(sorted({r.get_type().localpart for r in first.get_records()})), len(first.get_records()))`;
      const printed = execFileSync(python, ['-c', script, path], { encoding: 'utf8' });
      expect(printed).toContain(
        '["Activity", "Agent", "Association", "Attribution", "Delegation", "Derivation", "Entity", "Generation", "Usage"]',
      );
    } finally {
      folder.remove();
    }
  });

  it('is a picture that is well-formed whatever names users give', async () => {
    const { text } = await provenance('?format=svg');
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const word of [
      '3 raw files',
      'ingest',
      'process',
      'catalog',
      'field.gfc',
      'anna',
      'GGM05C',
      'aaaaaaaaaaaa',
    ]) {
      expect(text).toContain(word);
    }
    expect(text).toContain('ACC1B &lt;&amp;&quot;&#39; \uFFFD.txt');
    expect(tagFaults(text)).toEqual([]);
    // No node lies on another one.
    const boxes = [
      ...text.matchAll(
        /<g><title>[^<]*<\/title><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      ),
    ].map(([, ...numbers]) => numbers.map(Number));
    expect(boxes.length).toBeGreaterThan(8);
    for (const [i, [x, y, w, h]] of boxes.entries()) {
      for (const [x2, y2, w2, h2] of boxes.slice(i + 1)) {
        expect(x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y).toBe(true);
      }
    }
  });

  describe('computing again', () => {
    it('makes a job with what was resolved then, for whoever may see the product', async () => {
      const answer = await harness.request('POST', `/products/${run.productId}/reproduce`, {
        token: bert.token,
        headers: { 'idempotency-key': 'again' },
      });
      expect(answer.status).toBe(201);
      expect(answer.body).toMatchObject({
        type: 'process',
        user_id: bert.id,
        reproduces: run.productId,
        parameters: {
          algorithm: 'variational',
          degree_max: 3,
          start_time: '2021-07-17T00:00:00.000Z',
          end_time: '2021-07-18T00:00:00.000Z',
          satellites: ['GRACE-C', 'GRACE-D'],
          arc_length_hours: 12,
          ingested_before: '2026-01-05T10:04:00.000Z',
        },
      });
      expect(answer.body.parameters).not.toHaveProperty('plan_id');
      const repeated = await harness.request('POST', `/products/${run.productId}/reproduce`, {
        token: bert.token,
        headers: { 'idempotency-key': 'again' },
      });
      expect(repeated.body.id).toBe(answer.body.id);
      const draft = await seedRun(harness, { userId: anna.id });
      const foreign = await harness.request('POST', `/products/${draft.productId}/reproduce`, {
        token: bert.token,
      });
      expect(foreign.status).toBe(404);
    });

    it('leaves out files that were ingested since', async () => {
      const query = { satellites: ['GRACE-C'], startGpsSeconds: 679_752_000, endGpsSeconds: 679_800_000 };
      const names = async (ingestedBefore?: string) =>
        (await listObservationFiles(harness.db, { ...query, ingestedBefore })).length;
      expect(await names()).toBe(3);
      expect(await names(new Date().toISOString())).toBe(3);
      expect(await names('2026-01-05T10:04:00.000Z')).toBe(0);
    });

    const compare = async (other: SeededRun) =>
      (await get(`/products/${run.productId}/comparison?with=${other.productId}`)).body;

    it('says when the bytes are the same, whatever else', async () => {
      const again = await seedRun(harness, {
        userId: anna.id,
        fileIds: files.slice(0, 3),
        commit: 'b'.repeat(40),
      });
      expect(await compare(again)).toMatchObject({
        verdict: 'identical',
        differences: [{ what: 'software.commit', a: 'a'.repeat(40), b: 'b'.repeat(40) }],
        numbers: null,
      });
    });

    it('says how far apart the fields are, and what they were made from differently', async () => {
      const c20 = (await parseGfc(gfcText(), { file: 'a' })).constant.c;
      expect(c20.length).toBeGreaterThan(3);
      const content = gfcText(-4.8416945732e-4 + 1e-14);
      const close = await compare(
        await seedRun(harness, { userId: anna.id, fileIds: files.slice(0, 3), content }),
      );
      expect(close).toMatchObject({ verdict: 'equivalent', differences: [] });
      // 1e-14 of C20 are 1e-14 R = 63.8 nm of geoid height.
      expect(close.numbers.values[0].max_difference).toBeCloseTo(6.378e-8, 10);
      const other = await seedRun(harness, {
        userId: anna.id,
        fileIds: files.slice(1, 3),
        content: gfcText(-4.84e-4),
        parameters: { degree_max: 4 },
      });
      const far = await compare(other);
      expect(far.verdict).toBe('different');
      expect(far.differences).toEqual([
        { what: 'parameters.degree_max', a: 3, b: 4 },
        { what: 'inputs', a: ['GNV1B_2021-07-17_C_04.txt'], b: [] },
      ]);
      expect(far.summary).toContain('of geoid height; differs in parameters.degree_max, inputs');
    });

    it('shows nobody what is not theirs', async () => {
      const draft = await seedRun(harness, { userId: anna.id });
      const url = `/products/${run.productId}/comparison?with=${draft.productId}`;
      expect((await get(url, bert.token)).status).toBe(404);
      expect((await get(`/products/${run.productId}/comparison`)).status).toBe(422);
    });
  });
});

/** Tags that are not closed, or in the wrong order. */
function tagFaults(xml: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, slash, tag, rest] of xml.matchAll(/<(\/?)([A-Za-z]+)([^>]*)>/g)) {
    if (slash === '/') {
      if (open.pop() !== tag) faults.push(`</${tag}>`);
    } else if (!rest.endsWith('/')) open.push(tag);
  }
  return [...faults, ...open];
}
