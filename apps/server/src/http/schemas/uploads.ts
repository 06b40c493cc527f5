import { Type } from 'typebox';
import { strict, stringEnum, Timestamp } from './common.js';

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 hex digits' });

export const UploadSchema = Type.Object(
  {
    upload_id: Type.String(),
    data_source: Type.String({ description: 'For POST /ops/ingest.' }),
    file_name: Type.String(),
    bytes: Type.Number(),
    sha256: Type.String(),
  },
  { title: 'Upload' },
);

export const UploadLinkRequestSchema = Type.Object(
  {
    file_name: Type.String({ minLength: 1, maxLength: 255 }),
    bytes: Type.Integer({ minimum: 1, description: 'Size of the file; the link takes exactly so many.' }),
    sha256: Type.Optional(Sha256),
  },
  {
    ...strict,
    title: 'UploadLinkRequest',
    examples: [{ file_name: 'gracefo_1B_2025-01-01_RL04.ascii.noLRI.tgz', bytes: 104_857_600 }],
  },
);

export const UploadLinkSchema = Type.Object(
  {
    upload_id: Type.String(),
    data_source: Type.String({ description: 'For POST /ops/ingest, once the file was sent.' }),
    file_name: Type.String(),
    method: stringEnum(['PUT']),
    url: Type.String({ description: 'Takes the bare bytes; needs no token.' }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'To be sent with the PUT.' }),
    expires_at: Timestamp,
  },
  { title: 'UploadLink' },
);
