import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness } from './http-harness.js';

let harness: Harness;
let token = '';
let userId = '';
let viewerToken = '';
let foreignJob = '';
let foreignUpload = '';
let ownJob = '';

beforeAll(async () => {
  harness = await openHarness({ bodyLimitBytes: 20_000, uploadLimitBytes: 50_000 });
  await harness.addUser('admin');
  const owner = await harness.addUser('alice');
  const other = await harness.addUser('mallory');
  const viewer = await harness.addUser('victor');
  await harness.db.kysely.updateTable('users').set({ role: 'viewer' }).where('id', '=', viewer.id).execute();
  viewerToken = viewer.token;
  token = other.token;
  userId = other.id;
  foreignJob = (await harness.request('POST', '/ops/plan', { token: owner.token, json: manual.plan })).body
    .id;
  ownJob = (await harness.request('POST', '/ops/plan', { token, json: manual.plan })).body.id;
  foreignUpload = (
    await harness.request('POST', '/ops/uploads?name=a.txt', {
      token: owner.token,
      payload: 'secret data',
      headers: { 'content-type': 'application/octet-stream' },
    })
  ).body.upload_id;
  writeFileSync(join(harness.config.dataDir, '..', 'outside', 'secret.txt'), 'secret');
  symlinkSync(join(harness.config.dataDir, '..', 'outside'), join(harness.sources, 'link'));
});
afterAll(() => harness.close());

interface Case {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | (() => string);
  readonly json?: unknown;
  readonly payload?: string | Buffer;
  readonly headers?: Record<string, string>;
  /** null: no credentials. */
  readonly token?: null | (() => string | Promise<string>);
  readonly status: number;
  readonly field?: string;
  readonly message: RegExp;
}

const plan = (change: Record<string, unknown>) => ({ url: '/ops/plan', json: { ...manual.plan, ...change } });
const ingest = (change: Record<string, unknown>) => ({
  url: '/ops/ingest',
  json: { ...manual.ingest, ...change },
});
const processing = (change: Record<string, unknown>) => ({
  url: '/ops/process',
  json: { ...manual.process, ...change },
});
const catalog = (change: Record<string, unknown>) => ({
  url: '/ops/catalog',
  json: { ...manual.catalog, ...change },
});
const without = (body: object, name: string) =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));

const rawPlan = (payload: string | Buffer, headers: Record<string, string> = {}) => ({
  url: '/ops/plan',
  payload,
  headers: { 'content-type': 'application/json', ...headers },
});

/** A token as ours but for the parts given. */
async function forge(
  parts: {
    secret?: Uint8Array;
    audience?: string;
    issuer?: string;
    expires?: number;
    jti?: string | null;
    alg?: string;
  } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const jwt = new SignJWT({ sid: '11111111-1111-4111-8111-111111111111' })
    .setProtectedHeader({ alg: parts.alg ?? 'HS256' })
    .setSubject(userId)
    .setIssuer(parts.issuer ?? 'gravity-processing-backend')
    .setAudience(parts.audience ?? 'gravity-api')
    .setIssuedAt(now - 10)
    .setExpirationTime(parts.expires ?? now + 600);
  if (parts.jti !== null) jwt.setJti('22222222-2222-4222-8222-222222222222');
  return jwt.sign(parts.secret ?? harness.config.jwtSecret);
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const noneToken = () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: userId,
    sid: 'x',
    jti: 'y',
    iss: 'gravity-processing-backend',
    aud: 'gravity-api',
    iat: now,
    exp: now + 600,
  };
  return `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims)}.`;
};
const me = { method: 'GET', url: '/auth/me' } as const;

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  // intervals
  { name: 'end before start', ...plan({ end_time: '2024-12-31T00:00:00Z' }), status: 422, field: 'end_time', message: /must be after start_time/ },
  { name: 'end equals start', ...plan({ end_time: manual.plan.start_time }), status: 422, field: 'end_time', message: /must be after start_time/ },
  { name: 'more than 366 days', ...plan({ end_time: '2026-06-01T00:00:00Z' }), status: 422, field: 'end_time', message: /516\.0 days long; at most 366/ },
  { name: 'time without zone', ...plan({ start_time: '2025-01-01T00:00:00' }), status: 422, field: 'start_time', message: /ISO 8601 time with zone/ },
  { name: 'no such day', ...plan({ start_time: '2025-02-30T00:00:00Z' }), status: 422, field: 'start_time', message: /ISO 8601/ },
  { name: 'a leap second that Date cannot hold', ...plan({ end_time: '2016-12-31T23:59:60Z' }), status: 422, field: 'end_time', message: /is not a time this system can use/ },
  { name: 'before there were satellites', ...plan({ start_time: '1969-01-01T00:00:00Z' }), status: 422, field: 'start_time', message: /between 2000-01-01 and 2100-01-01/ },
  { name: 'time as a number', ...plan({ start_time: 1735689600 }), status: 422, field: 'start_time', message: /must be of type string/ },
  { name: 'only one end for process', ...processing({ start_time: '2025-01-01T00:00:00Z' }), status: 422, field: 'end_time', message: /is required when the other end/ },
  // satellites
  { name: 'no satellite', ...plan({ satellites: [] }), status: 422, field: 'satellites', message: /^At least one satellite required$/ },
  { name: 'unknown satellite', ...plan({ satellites: ['HUBBLE-1'] }), status: 422, field: 'satellites[0]', message: /Unknown satellite 'HUBBLE-1'; known: GRACE-A, GRACE-B, GRACE-C, GRACE-D/ },
  { name: 'satellite named twice', ...plan({ satellites: ['GRACE-C', 'GRACE-C'] }), status: 422, field: 'satellites[1]', message: /GRACE-C is named twice/ },
  { name: 'satellite named twice by alias', ...plan({ satellites: ['GRACE-C', 'GRACE-FO-1'] }), status: 422, field: 'satellites[1]', message: /GRACE-C is named twice/ },
  { name: 'satellites as text', ...plan({ satellites: 'GRACE-C' }), status: 422, field: 'satellites', message: /must be of type array/ },
  { name: 'a satellite that is no text', ...plan({ satellites: [null] }), status: 422, field: 'satellites[0]', message: /must be of type string/ },
  { name: 'a thousand satellites', ...plan({ satellites: Array(1000).fill('GRACE-C') }), status: 422, field: 'satellites', message: /at most 8 items/ },
  // degrees and numbers
  { name: 'degree 0', ...plan({ degree_max: 0 }), status: 422, field: 'degree_max', message: /must be between 2 and 180, is 0/ },
  { name: 'degree 1', ...processing({ degree_max: 1 }), status: 422, field: 'degree_max', message: /must be between 2 and 180, is 1/ },
  { name: 'degree 100000', ...processing({ degree_max: 100000 }), status: 422, field: 'degree_max', message: /must be between 2 and 180, is 100000/ },
  { name: 'negative degree', ...processing({ degree_max: -60 }), status: 422, field: 'degree_max', message: /between 2 and 180/ },
  { name: 'half a degree', ...processing({ degree_max: 60.5 }), status: 422, field: 'degree_max', message: /must be a whole number, is 60.5/ },
  { name: 'degree as text', ...processing({ degree_max: '60' }), status: 422, field: 'degree_max', message: /must be a whole number, is '60'/ },
  { name: 'degree null', ...processing({ degree_max: null }), status: 422, field: 'degree_max', message: /must be a whole number, is null/ },
  { name: 'degree_min above degree_max', ...processing({ degree_min: 61 }), status: 422, field: 'degree_min', message: /must not exceed degree_max \(60\)/ },
  { name: 'NaN in JSON', ...rawPlan('{"degree_max": NaN}'), status: 400, message: /not valid JSON/ },
  { name: 'a number too large for a double', ...rawPlan(JSON.stringify(manual.plan).replace('"time_step":60', '"time_step":1e999')), status: 422, field: 'time_step', message: /must be/ },
  { name: 'NaN as text', ...processing({ regularization: { kaula: 'NaN', tikhonov: 0 } }), status: 422, field: 'regularization.kaula', message: /must be of type number, is 'NaN'/ },
  { name: 'negative kaula', ...processing({ regularization: { kaula: -1, tikhonov: 0 } }), status: 422, field: 'regularization.kaula', message: /must be between 0 and 1, is -1/ },
  { name: 'no tikhonov', ...processing({ regularization: { kaula: 0 } }), status: 422, field: 'regularization.tikhonov', message: /^is required$/ },
  { name: 'unknown regularization', ...processing({ regularization: { kaula: 0, tikhonov: 0, lasso: 1 } }), status: 422, field: 'regularization.lasso', message: /^unknown field$/ },
  { name: 'time_step 0', ...plan({ time_step: 0 }), status: 422, field: 'time_step', message: /between 1 and 3600/ },
  { name: 'arc of a week', ...plan({ arc_length_hours: 168 }), status: 422, field: 'arc_length_hours', message: /between 0.5 and 48/ },
  { name: 'a weight without a regularization', ...processing({ regularization: { kaula: 0, tikhonov: 0, weight: 'vce' } }), status: 422, field: 'regularization.weight', message: /'vce' finds the weight of a regularization: set kaula or tikhonov above 0/ },
  { name: 'an unknown weight', ...processing({ regularization: { kaula: 1e-5, tikhonov: 0, weight: 'gcv' } }), status: 422, field: 'regularization.weight', message: /'gcv' is not supported; supported: given, vce, l_curve/ },
  { name: 'a reference nothing pulls towards', ...processing({ regularization: { kaula: 0, tikhonov: 0, reference: 'GGM05C' } }), status: 422, field: 'regularization.reference', message: /nothing pulls towards it/ },
  { name: 'a reference of an unknown upload', ...processing({ regularization: { kaula: 1e-5, tikhonov: 0, reference: 'upload:123' } }), status: 422, field: 'regularization.reference', message: /unknown upload/ },
  { name: 'an unknown noise model', ...processing({ observations: { noise_model: 'pink' } }), status: 422, field: 'observations.noise_model', message: /white.*autocovariance/ },
  { name: 'a noise model of order 0', ...processing({ observations: { noise_model: { method: 'autocovariance', max_order: 0 } } }), status: 422, field: 'observations.noise_model.max_order', message: /between 1 and 60/ },
  { name: 'white noise with an order', ...processing({ observations: { noise_model: { method: 'white', max_order: 5 } } }), status: 422, field: 'observations.noise_model.max_order', message: /only for method autocovariance/ },
  { name: 'a noise model without ranging', ...processing({ observations: { ranging: 'none', noise_model: 'autocovariance' } }), status: 422, field: 'observations.noise_model', message: /needs ranging/ },
  { name: 'a noise model of one satellite', ...processing({ satellites: ['GRACE-C'], observations: { noise_model: 'autocovariance' } }), status: 422, field: 'observations.noise_model', message: /ranging of a pair; satellites are GRACE-C/ },
  { name: 'variance components of everything', ...processing({ observations: { variance_components: 'all' } }), status: 422, field: 'observations.variance_components', message: /none.*arc.*mission/ },
  { name: 'a hundred updates of the noise', ...processing({ observations: { variance_components: { max_iterations: 100 } } }), status: 422, field: 'observations.variance_components.max_iterations', message: /between 1 and 10/ },
  { name: 'variance components of an orbit', ...processing({ algorithm: 'orbit', output_products: ['orbit'], observations: { variance_components: 'arc' } }), status: 422, field: 'observations.variance_components', message: /is for fields/ },
  { name: 'SINEX normals of a high degree', ...processing({ degree_max: 90, output_products: ['normals_sinex'] }), status: 422, field: 'output_products', message: /normals_sinex: to degree 60, degree_max is 90/ },
  { name: 'six iterations', ...processing({ iterations: 6 }), status: 422, field: 'iterations', message: /between 1 and 5/ },
  { name: 'grid step that does not divide 180', ...processing({ grid: { step_degrees: 7 } }), status: 422, field: 'grid.step_degrees', message: /must divide 180/ },
  // names and structure
  { name: 'unknown field', ...plan({ degree: 60 }), status: 422, field: 'degree', message: /^unknown field$/ },
  { name: 'mass assignment of owner and status', ...plan({ user_id: 'x', status: 'completed' }), status: 422, field: 'user_id', message: /^unknown field$/ },
  { name: 'missing field', url: '/ops/plan', json: without(manual.plan, 'end_time'), status: 422, field: 'end_time', message: /^is required$/ },
  { name: 'unknown algorithm', ...processing({ algorithm: 'magic' }), status: 422, field: 'algorithm', message: /'magic' is not supported; supported: variational/ },
  { name: 'unknown product', ...processing({ output_products: ['coefficients', 'gold'] }), status: 422, field: 'output_products[1]', message: /'gold' is not supported; supported: coefficients, grids/ },
  { name: 'no product', ...processing({ output_products: [] }), status: 422, field: 'output_products', message: /At least one output product required/ },
  { name: 'a product twice', ...processing({ output_products: ['grids', 'grids'] }), status: 422, field: 'output_products', message: /duplicate/ },
  { name: 'unknown processing mode', ...plan({ processing_mode: 'fast' }), status: 422, field: 'processing_mode', message: /supported: standard, quick, precise/ },
  { name: 'unknown earth rotation', ...processing({ background_models: { earth_rotation: { model: 'flat' } } }), status: 422, field: 'background_models.earth_rotation', message: /'flat'/ },
  { name: 'field of the other earth rotation', ...processing({ background_models: { earth_rotation: { model: 'iers2010', rate: 1e-5 } } }), status: 422, field: 'background_models.earth_rotation.rate', message: /^unknown field$/ },
  { name: 'Earth orientation that is no file', ...processing({ background_models: { earth_rotation: { model: 'iers2010', eop: 'C04' } } }), status: 422, field: 'background_models.earth_rotation.eop', message: /^must be object:products/ },
  { name: 'Earth orientation of an unknown upload', ...processing({ background_models: { earth_rotation: { model: 'iers2010', eop: 'upload:123' } } }), status: 422, field: 'background_models.earth_rotation.eop', message: /unknown upload/ },
  { name: 'static field below the solution', ...processing({ background_models: { static_field_degree: 20 } }), status: 422, field: 'background_models.static_field_degree', message: /must not be less than degree_max/ },
  { name: 'static field with a way out', ...processing({ background_models: { static_field: 'object:products/../temp/x' } }), status: 422, field: 'background_models.static_field', message: /must be a registered name/ },
  { name: 'plan_id that is no UUID', ...processing({ plan_id: "1' or '1'='1" }), status: 422, field: 'plan_id', message: /must be a UUID/ },
  { name: 'plan_id of nobody', ...processing({ plan_id: '550e8400-e29b-41d4-a716-446655440000' }), status: 422, field: 'plan_id', message: /no plan of yours/ },
  { name: 'no product ids', ...catalog({ product_ids: [] }), status: 422, field: 'product_ids', message: /At least one product id required/ },
  { name: 'product id that is no UUID', ...catalog({ product_ids: ['x'] }), status: 422, field: 'product_ids[0]', message: /must be a UUID/ },
  { name: 'metadata that is no text', ...catalog({ metadata: { ...manual.catalog.metadata, doi: 12 } }), status: 422, field: 'metadata.doi', message: /must be of type string/ },
  { name: 'metadata without mission', ...catalog({ metadata: { processing_center: 'a', version: 'b' } }), status: 422, field: 'metadata.mission', message: /is required/ },
  { name: 'publish as text', ...catalog({ publish: 'yes' }), status: 422, field: 'publish', message: /must be of type boolean/ },
  { name: 'an array for a body', ...rawPlan('[]'), status: 422, field: 'body', message: /must be of type object/ },
  { name: 'no body at all', url: '/ops/plan', status: 422, field: 'body', message: /must be of type object/ },
  { name: 'empty JSON', ...rawPlan(''), status: 400, message: /body is empty/ },
  { name: 'half a JSON', ...rawPlan('{"start_time": "2025'), status: 400, message: /not valid JSON/ },
  { name: 'prototype pollution', ...rawPlan('{"__proto__": {"role": "admin"}}'), status: 400, message: /not valid JSON/ },
  { name: 'bytes that are no UTF-8', ...rawPlan(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), status: 400, message: /not valid JSON/ },
  { name: 'huge body', ...rawPlan(JSON.stringify({ ...manual.plan, note: 'x'.repeat(30_000) })), status: 413, message: /larger than allowed \(20000 bytes\)/ },
  { name: 'form instead of JSON', url: '/ops/plan', payload: 'degree_max=60', headers: { 'content-type': 'application/x-www-form-urlencoded' }, status: 415, message: /media type/ },
  { name: 'text instead of JSON', url: '/ops/plan', payload: '{}', headers: { 'content-type': 'text/plain' }, status: 415, message: /media type/ },
  { name: 'compressed body', ...rawPlan('{}', { 'content-encoding': 'gzip' }), status: 415, message: /Compressed request bodies/ },
  { name: 'idempotency key with a line break', url: '/ops/plan', json: manual.plan, headers: { 'idempotency-key': 'a b' }, status: 422, field: 'Idempotency-Key', message: /visible ASCII/ },
  // data sources
  { name: 'SQL in data_source', ...ingest({ data_source: "'; drop table users; --" }), status: 422, field: 'data_source', message: /must have the form/ },
  { name: 'SQL behind s3://', ...ingest({ data_source: "s3://bucket/'; drop table users; --" }), status: 422, field: 'data_source', message: /not allowed/ },
  { name: 'path traversal', ...ingest({ data_source: 'file:/data/../../etc/passwd' }), status: 422, field: 'data_source', message: /must not contain '\.\.'/ },
  { name: 'encoded path traversal', ...ingest({ data_source: 'file:/data/%2e%2e/etc/passwd' }), status: 422, field: 'data_source', message: /must not contain '\.\.'/ },
  { name: 'path traversal in s3', ...ingest({ data_source: 's3://bucket/../other/' }), status: 422, field: 'data_source', message: /must not contain '\.\.'/ },
  { name: 'a folder that is not allowed', ...ingest({ data_source: 'file:/etc/passwd' }), status: 403, field: 'data_source', message: /not inside a folder this server may read/ },
  { name: 'a neighbour with the same beginning', url: '/ops/ingest', json: () => ({ ...manual.ingest, data_source: `file:${harness.sources}-other` }), status: 403, field: 'data_source', message: /not inside/ },
  { name: 'a link out of the allowed folder', url: '/ops/ingest', json: () => ({ ...manual.ingest, data_source: `file:${harness.sources}/link/secret.txt` }), status: 403, field: 'data_source', message: /not inside/ },
  { name: 'no such file', url: '/ops/ingest', json: () => ({ ...manual.ingest, data_source: `file:${harness.sources}/nothing` }), status: 422, field: 'data_source', message: /no such file or folder/ },
  { name: 'relative file', ...ingest({ data_source: 'file:data' }), status: 422, field: 'data_source', message: /file:\/folder-or-file/ },
  { name: 'NUL in data_source', ...ingest({ data_source: 'file:/data\u0000.txt' }), status: 422, field: 'data_source', message: /must not contain a NUL character/ },
  { name: 'a tabulator in data_source', ...ingest({ data_source: 'file:/data\t.txt' }), status: 422, field: 'data_source', message: /control characters/ },
  { name: 'an address in data_source', ...ingest({ data_source: 'http://169.254.169.254/latest/meta-data' }), status: 422, field: 'data_source', message: /must have the form/ },
  { name: 'bad bucket', ...ingest({ data_source: 's3://No_Bucket/x' }), status: 422, field: 'data_source', message: /s3:\/\/bucket\/prefix/ },
  { name: 'unknown upload', ...ingest({ data_source: 'upload:123' }), status: 422, field: 'data_source', message: /unknown upload/ },
  { name: "another user's upload", url: '/ops/ingest', json: () => ({ ...manual.ingest, data_source: `upload:${foreignUpload}` }), status: 422, field: 'data_source', message: /unknown upload/ },
  { name: 'table options for Level-1B', ...ingest({ table: { kind: 'orbit' } }), status: 422, field: 'table', message: /only for data_type 'table'/ },
  { name: 'a product that is no Level-1B name', ...ingest({ products: ['GNV1B', 'gnv'] }), status: 422, field: 'products[1]', message: /'gnv' does not have the form/ },
  { name: 'no product at all', ...ingest({ products: [] }), status: 422, field: 'products', message: /./ },
  { name: 'unknown time scale', ...ingest({ data_type: 'table', table: { time_scale: 'UT1' } }), status: 422, field: 'table.time_scale', message: /supported: GPS, UTC, TT, TAI/ },
  { name: 'empty upload', url: '/ops/uploads?name=a.txt', payload: '', headers: { 'content-type': 'application/octet-stream' }, status: 422, field: 'file', message: /is empty/ },
  { name: 'upload without a name', url: '/ops/uploads', payload: 'x', headers: { 'content-type': 'application/octet-stream' }, status: 422, field: 'name', message: /is required/ },
  { name: 'upload with a name that is none', url: '/ops/uploads?name=..%2F..%2F..', payload: 'x', headers: { 'content-type': 'application/octet-stream' }, status: 422, field: 'name', message: /is no file name/ },
  { name: 'upload that is too large', url: '/ops/uploads?name=a.txt', payload: Buffer.alloc(60_000), headers: { 'content-type': 'application/octet-stream' }, status: 413, message: /larger than allowed/ },
  { name: 'upload with another checksum', url: `/ops/uploads?name=a.txt&sha256=${'0'.repeat(64)}`, payload: 'x', headers: { 'content-type': 'application/octet-stream' }, status: 422, field: 'sha256', message: /does not match/ },
  // who and what
  { name: 'no token', ...plan({}), token: null, status: 401, message: /token or an API key is needed/ },
  { name: 'no token and a bad body: 401 first', ...plan({ degree_max: 0 }), token: null, status: 401, message: /needed/ },
  { name: 'text for a token', ...me, token: () => 'abc', status: 401, message: /not valid/ },
  { name: 'another scheme', ...me, token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' }, status: 401, message: /not valid/ },
  { name: 'expired token', ...me, token: () => forge({ expires: Math.floor(Date.now() / 1000) - 60 }), status: 401, message: /expired/ },
  { name: 'token with another key', ...me, token: () => forge({ secret: new Uint8Array(32).fill(7) }), status: 401, message: /not valid/ },
  { name: 'token without algorithm', ...me, token: noneToken, status: 401, message: /not valid/ },
  { name: 'token with another algorithm', ...me, token: () => forge({ alg: 'HS512' }), status: 401, message: /not valid/ },
  { name: 'token for another audience', ...me, token: () => forge({ audience: 'somebody-else' }), status: 401, message: /not valid/ },
  { name: 'token of another issuer', ...me, token: () => forge({ issuer: 'somebody-else' }), status: 401, message: /not valid/ },
  { name: 'token without id', ...me, token: () => forge({ jti: null }), status: 401, message: /not valid/ },
  { name: 'unknown API key', ...me, token: null, headers: { 'x-api-key': `gpb_${'0'.repeat(12)}_${'A'.repeat(43)}` }, status: 401, message: /not valid/ },
  { name: 'viewer starts a job', ...plan({}), token: () => viewerToken, status: 403, message: /needs the role operator; yours is viewer/ },
  { name: 'operator lists users', method: 'GET', url: '/users', status: 403, message: /needs the role admin/ },
  { name: 'operator makes itself admin', method: 'PATCH', url: () => `/users/${userId}`, json: { role: 'admin' }, status: 403, message: /needs the role admin/ },
  { name: "another user's job", method: 'GET', url: () => `/ops/jobs/${foreignJob}`, status: 404, message: /^Job not found$/ },
  { name: "cancel another user's job", method: 'DELETE', url: () => `/ops/jobs/${foreignJob}`, status: 404, message: /^Job not found$/ },
  { name: "another user's events", method: 'GET', url: () => `/ops/jobs/${foreignJob}/events`, status: 404, message: /^Job not found$/ },
  { name: "another user's logs", method: 'GET', url: () => `/ops/jobs/${foreignJob}/logs`, status: 404, message: /^Job not found$/ },
  { name: "another user's plan", url: '/ops/process', json: () => ({ ...manual.process, plan_id: foreignJob }), status: 422, field: 'plan_id', message: /no plan of yours/ },
  { name: 'a job that is none', method: 'GET', url: '/ops/jobs/550e8400-e29b-41d4-a716-446655440000', status: 404, message: /Job not found/ },
  { name: 'SQL for a job id', method: 'GET', url: `/ops/jobs/${encodeURIComponent("1' or '1'='1")}`, status: 422, field: 'job_id', message: /must be a UUID/ },
  { name: 'unknown job status', method: 'GET', url: '/ops/jobs?status=sleeping', status: 422, field: 'status', message: /supported: pending, running/ },
  { name: 'limit 0', method: 'GET', url: '/ops/jobs?limit=0', status: 422, field: 'limit', message: /between 1 and 1000/ },
  { name: 'limit 100000', method: 'GET', url: '/ops/jobs?limit=100000', status: 422, field: 'limit', message: /between 1 and 1000/ },
  { name: 'negative skip', method: 'GET', url: '/ops/jobs?skip=-1', status: 422, field: 'skip', message: /between 0/ },
  { name: 'unknown query parameter', method: 'GET', url: '/ops/jobs?statsu=running', status: 422, field: 'statsu', message: /unknown field/ },
  { name: 'cursor that is none', method: 'GET', url: '/products?cursor=%27%3Bdrop', status: 422, field: 'cursor', message: /not a cursor/ },
  { name: 'cursor with SQL', method: 'GET', url: `/products?cursor=${base64(["2025-01-01'; drop table users", 'x'])}`, status: 422, field: 'cursor', message: /not a cursor/ },
  { name: 'event id that is none', method: 'GET', url: () => `/ops/jobs/${ownJob}/events`, headers: { 'last-event-id': '1;drop' }, status: 422, field: 'Last-Event-ID', message: /id of an event/ },
  { name: 'a product that is none', method: 'GET', url: '/products/550e8400-e29b-41d4-a716-446655440000/content', status: 404, message: /Product not found/ },
  { name: 'object without signature', method: 'GET', url: '/objects/temp/uploads/x', token: null, status: 403, message: /needs a signature/ },
  { name: 'object with a forged signature', method: 'GET', url: `/objects/temp/x?expires=9999999999&method=GET&signature=${'0'.repeat(64)}`, token: null, status: 403, message: /signature of this link is not valid/ },
  { name: 'upload by a forged signature', method: 'PUT', url: `/objects/products/x?expires=9999999999&method=PUT&signature=${'0'.repeat(64)}`, payload: 'x', headers: { 'content-type': 'application/octet-stream' }, token: null, status: 403, message: /signature/ },
  { name: 'unknown resource', method: 'GET', url: '/ops/nothing', status: 404, message: /No resource at GET \/ops\/nothing/ },
  { name: 'method that is not there', method: 'PUT', url: '/ops/plan', status: 405, message: /allowed: POST/ },
  { name: 'method that is not there, with an id', method: 'PATCH', url: () => `/ops/jobs/${ownJob}`, status: 405, message: /allowed: DELETE, GET, HEAD/ },
  { name: 'address with a broken escape', method: 'GET', url: '/ops/jobs/%E0%A4%A', status: 400, message: /not valid/ },
  // accounts
  { name: 'short password', url: '/auth/register', json: { username: 'new', email: 'n@example.org', password: '1234567' }, token: null, status: 422, field: 'password', message: /at least 8 bytes/ },
  { name: 'password of 73 bytes', url: '/auth/register', json: { username: 'new', email: 'n@example.org', password: `${'ä'.repeat(36)}x` }, token: null, status: 422, field: 'password', message: /at most 72 bytes .* has 73/ },
  { name: 'bad e-mail', url: '/auth/register', json: { username: 'new', email: 'nobody', password: 'long enough' }, token: null, status: 422, field: 'email', message: /e-mail address/ },
  { name: 'bad user name', url: '/auth/register', json: { username: '<script>', email: 'n@example.org', password: 'long enough' }, token: null, status: 422, field: 'username', message: /does not have the form/ },
  { name: 'role at registration', url: '/auth/register', json: { username: 'new', email: 'n@example.org', password: 'long enough', role: 'admin' }, token: null, status: 422, field: 'role', message: /unknown field/ },
  { name: 'name that is taken', url: '/auth/register', json: { username: 'ALICE', email: 'n@example.org', password: 'long enough' }, token: null, status: 409, field: 'username', message: /is taken/ },
  { name: 'address that is taken', url: '/auth/register', json: { username: 'new', email: 'Alice@example.org', password: 'long enough' }, token: null, status: 409, field: 'email', message: /is taken/ },
  { name: 'wrong password', url: '/auth/token', json: { username: 'alice', password: 'wrong password' }, token: null, status: 401, message: /^Incorrect username or password$/ },
  { name: 'unknown user: the same answer', url: '/auth/token', json: { username: 'nobody', password: 'wrong password' }, token: null, status: 401, message: /^Incorrect username or password$/ },
  { name: 'another grant', url: '/auth/token', payload: 'grant_type=client_credentials&username=a&password=b', headers: { 'content-type': 'application/x-www-form-urlencoded' }, token: null, status: 422, field: 'grant_type', message: /supported: password/ },
  { name: 'user name given twice', url: '/auth/token', payload: 'username=a&username=b&password=c', headers: { 'content-type': 'application/x-www-form-urlencoded' }, token: null, status: 422, field: 'username', message: /must be of type string/ },
  { name: 'refresh with an access token', url: '/auth/refresh', json: () => ({ refresh_token: token }), token: null, status: 401, message: /refresh token is not valid/ },
];

describe('bad input', () => {
  it.each(cases)('$name → $status', async (one) => {
    const before = await harness.state();
    const answer = await harness.request(
      one.method ?? 'POST',
      typeof one.url === 'function' ? one.url() : one.url,
      {
        json: typeof one.json === 'function' ? one.json() : one.json,
        payload: one.payload,
        headers: one.headers,
        token: one.token === null ? undefined : await (one.token?.() ?? token),
      },
    );
    const { body } = answer;
    expect(answer.status, answer.text).toBe(one.status);
    // Every error has the one format, whatever raised it.
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toMatchObject({
      detail: expect.any(String),
      status_code: one.status,
      status: one.status,
      errors: expect.any(Array),
      type: expect.stringMatching(/^urn:gravity-processing-backend:problem:/),
      title: expect.any(String),
      instance: expect.stringMatching(/^\//),
      request_id: answer.headers['x-request-id'],
    });
    if (one.field === undefined) {
      expect(body.detail).toMatch(one.message);
    } else {
      const error = body.errors.find((candidate: { field: string }) => candidate.field === one.field);
      expect(error, answer.text).toBeDefined();
      expect(error.message).toMatch(one.message);
    }
    if (one.status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
    // Internals do not show.
    expect(answer.text).not.toMatch(/node_modules|\.ts:|at async|select |insert /);
    expect(await harness.state()).toEqual(before);
  });

  it('has at least 25 cases', () => expect(cases.length).toBeGreaterThan(25));
});
