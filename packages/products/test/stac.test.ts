import { createHash } from 'node:crypto';
import {
  STAC_FILE_EXTENSION,
  STAC_PROCESSING_EXTENSION,
  type StacItemInput,
  sha256Multihash,
  stacItem,
} from '@gravity/products';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { fixture } from './support.js';

const sha256 = createHash('sha256').update('multihash').digest('hex');

const input: StacItemInput = {
  id: 'GSM-2_2008001-2008031',
  collection: 'monthly-gravity-fields',
  startDatetime: '2008-01-01T00:00:00Z',
  endDatetime: '2008-02-01T00:00:00Z',
  createdDatetime: '2025-01-02T03:04:05Z',
  title: 'Monthly gravity field 2008-01',
  platform: 'grace',
  instruments: ['kbr', 'acc'],
  mission: 'GRACE',
  keywords: ['gravity'],
  providers: [{ name: 'A centre', roles: ['producer', 'processor'] }],
  license: 'CC-BY-4.0',
  processing: { level: 'L2', lineage: 'normals of 31 arcs', software: { gravity: '0.1.0' } },
  properties: { 'gravity:degree_max': 60 },
  assets: {
    coefficients: {
      href: './field.gfc',
      mediaType: 'text/plain',
      roles: ['data'],
      sha256,
      sizeBytes: 1234,
    },
    map: { href: './map.png', mediaType: 'image/png', roles: ['overview'], title: 'Map' },
  },
  links: [{ rel: 'collection', href: '../collection.json', type: 'application/json' }],
};

function validator(): { core: ValidateFunction; file: ValidateFunction; processing: ValidateFunction } {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  for (const format of ['iri', 'iri-reference']) ajv.addFormat(format, /^\S+$/);
  const { schemas } = fixture<{ schemas: Record<string, unknown>[] }>('stac/core-schemas.json');
  for (const schema of schemas) {
    // The published $id of common.json lacks its dot, and others refer to it with the dot.
    const id = String(schema.$id).replace('/commonjson', '/common.json').replace(/#$/, '');
    ajv.addSchema({ ...schema, $id: id });
  }
  const core = ajv.getSchema('https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json');
  if (!core) throw new Error('no item schema in the fixture');
  return {
    core,
    file: ajv.compile(fixture<object>('stac/file-v2.1.0.json')),
    processing: ajv.compile(fixture<object>('stac/processing-v1.1.0.json')),
  };
}

describe('STAC item', () => {
  const { core, file, processing } = validator();
  const errors = (validate: ValidateFunction, item: unknown): unknown => {
    validate(JSON.parse(JSON.stringify(item)));
    return validate.errors ?? [];
  };

  it('satisfies the published schemas', () => {
    const item = stacItem(input);
    expect(errors(core, item)).toEqual([]);
    expect(errors(file, item)).toEqual([]);
    expect(errors(processing, item)).toEqual([]);
    expect(item.stac_extensions).toEqual([STAC_FILE_EXTENSION, STAC_PROCESSING_EXTENSION]);
    // And the schemas do reject what is wrong.
    expect(
      errors(core, { ...item, properties: { ...item.properties, start_datetime: undefined } }),
    ).not.toEqual([]);
    expect(errors(core, { ...item, stac_version: '1.0.0' })).not.toEqual([]);
  });

  it('describes a period over the globe', () => {
    const item = stacItem(input);
    expect(item.properties).toMatchObject({
      datetime: null,
      start_datetime: '2008-01-01T00:00:00Z',
      end_datetime: '2008-02-01T00:00:00Z',
      'gravity:degree_max': 60,
      'processing:software': { gravity: '0.1.0' },
    });
    expect(item.bbox).toEqual([-180, -90, 180, 90]);
    expect(item.geometry.coordinates[0]).toHaveLength(5);
    expect(item.assets.coefficients['file:size']).toBe(1234);
  });

  it('writes checksums as multihashes', () => {
    // Example of the multihash documentation: sha2-256 of "multihash".
    expect(sha256Multihash(sha256)).toBe(
      '12209cbc07c3f991725836a3aa2a581ca2029198aa420b9d99bc0e131d9f3e2cbe47',
    );
    expect(stacItem(input).assets.coefficients['file:checksum']).toMatch(/^1220[0-9a-f]{64}$/);
    expect(() => sha256Multihash('abc')).toThrow(/sha256/);
  });

  it('lists only the extensions in use', () => {
    const { processing: _, ...rest } = input;
    const item = stacItem({ ...rest, assets: { map: input.assets.map } });
    expect(item.stac_extensions).toEqual([]);
    expect(errors(core, item)).toEqual([]);
  });

  it('names the field at fault', () => {
    expect(() => stacItem({ ...input, startDatetime: '2008-01-01' })).toThrow(/startDatetime/);
    expect(() => stacItem({ ...input, endDatetime: '2007-01-01T00:00:00Z' })).toThrow(/endDatetime/);
    expect(() => stacItem({ ...input, id: '' })).toThrow(/^id/);
    expect(() => stacItem({ ...input, links: [] })).toThrow(/links/);
    expect(() => stacItem({ ...input, bbox: [10, 0, -10, 5] })).toThrow(/bbox/);
    expect(() => stacItem({ ...input, properties: { datetime: 'now' } })).toThrow(/datetime/);
    const bad = { ...input.assets.map, sizeBytes: 1.5 };
    expect(() => stacItem({ ...input, assets: { bad } })).toThrow(/assets\.bad\.sizeBytes/);
  });
});
