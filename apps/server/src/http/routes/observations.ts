import { Type } from 'typebox';
import { canonicalSatellite } from '../../missions.js';
import { countRecords } from '../../observations/record-counts.js';
import type { Api, AppContext } from '../context.js';
import { type FieldError, invalidFields } from '../errors.js';
import { type Interval, latestInterval, readObservations } from '../observations.js';
import {
  CursorQuery,
  iso,
  JsonObject,
  NextCursor,
  NullableString,
  stringEnum,
  Timestamp,
  Uuid,
} from '../schemas/common.js';
import { checkInterval } from '../semantics/interval.js';

const tags = ['observations'];
const coverageRows = 20_000;
const defaultDays = 31;

const IntervalQuery = {
  start_time: Type.Optional(Timestamp),
  end_time: Type.Optional(Timestamp),
};

const CoverageSchema = Type.Object(
  {
    bucket: stringEnum(['hour', 'day']),
    start_time: Type.Optional(Timestamp),
    end_time: Type.Optional(Timestamp),
    truncated: Type.Boolean({ description: 'true: there is more; ask for a shorter interval.' }),
    items: Type.Array(
      Type.Object({
        time: Timestamp,
        satellite: Type.String({ description: 'Name, or pair such as GRACE-C/GRACE-D.' }),
        product: Type.String(),
        count: Type.Integer(),
      }),
    ),
  },
  { title: 'Coverage' },
);

const ObservationListSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        time: Type.String({ format: 'date-time', description: 'UTC.' }),
        gps_seconds: Type.Number({ description: 'Seconds past 2000-01-01T12:00:00 GPS.' }),
        product: Type.String(),
        file_id: Uuid,
        quality_flag: NullableString,
        data: JsonObject,
      }),
    ),
    files: Type.Array(Type.Object({ id: Uuid, file_name: Type.String(), columns: Type.Array(JsonObject) }), {
      description: 'Names and units of the columns in data, by file.',
    }),
    next_cursor: NextCursor,
  },
  { title: 'ObservationList' },
);

/** `GRACE-C` or `GRACE-C/GRACE-D`, aliases resolved; other names are taken as they are. */
function seriesName(text: string): string {
  return text
    .split('/')
    .map((name) => canonicalSatellite(name) ?? name)
    .join('/');
}

function checkedInterval(start: string | undefined, end: string | undefined): Interval | undefined {
  const errors: FieldError[] = [];
  checkInterval(start, end, errors);
  if (errors.length > 0) throw invalidFields(errors);
  return start === undefined || end === undefined
    ? undefined
    : { start: new Date(start), end: new Date(end) };
}

/** Which observations there are, and the observations themselves. */
export function observationRoutes(api: Api, { db }: AppContext): void {
  api.get(
    '/observations/coverage',
    {
      schema: {
        operationId: 'getCoverage',
        tags,
        summary: 'Records per hour or day, satellite and product',
        description: `Without an interval: the last ${defaultDays} days there are data for.`,
        querystring: Type.Object(
          {
            ...IntervalQuery,
            bucket: Type.Optional(stringEnum(['hour', 'day'], { default: 'day' })),
            satellite: Type.Optional(Type.String({ maxLength: 64 })),
            product: Type.Optional(Type.String({ maxLength: 64 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: CoverageSchema },
      },
    },
    async (request) => {
      const { start_time, end_time, bucket = 'day', satellite, product } = request.query;
      const interval = checkedInterval(start_time, end_time) ?? (await latestInterval(db, defaultDays));
      if (interval === undefined) return { bucket, truncated: false, items: [] };
      const filter = {
        ...(satellite !== undefined && { satellite: seriesName(satellite) }),
        ...(product !== undefined && { product }),
      };
      const rows = await countRecords(db, interval, bucket, filter, coverageRows + 1);
      return {
        bucket,
        start_time: iso(interval.start),
        end_time: iso(interval.end),
        truncated: rows.length > coverageRows,
        items: rows.slice(0, coverageRows).map((row) => ({ ...row, time: iso(row.time) })),
      };
    },
  );

  api.get(
    '/observations',
    {
      schema: {
        operationId: 'listObservations',
        tags,
        summary: 'Records of one satellite or pair and one product, in time order',
        querystring: Type.Object(
          {
            satellite: Type.String({
              minLength: 1,
              maxLength: 64,
              description: 'Name, or pair such as GRACE-C/GRACE-D.',
            }),
            product: Type.String({ minLength: 1, maxLength: 64, description: 'GNV1B, ACT1B, KBR1B, …' }),
            ...IntervalQuery,
            ...CursorQuery,
          },
          { additionalProperties: false },
        ),
        response: { 200: ObservationListSchema },
      },
    },
    async (request) => {
      const { satellite, product, start_time, end_time, cursor, limit = 100 } = request.query;
      const interval = checkedInterval(start_time, end_time);
      const page = await readObservations(
        db,
        { satellite: seriesName(satellite), product, ...interval },
        cursor,
        limit,
      );
      const fileIds = [...new Set(page.items.map((item) => item.file_id))];
      const files =
        fileIds.length === 0
          ? []
          : await db.kysely
              .selectFrom('ingested_files')
              .select(['id', 'file_name', 'columns'])
              .where('id', 'in', fileIds)
              .execute();
      return {
        items: page.items.map((item) => ({ ...item, time: iso(item.time) })),
        files: files.map((file) => ({ ...file, columns: file.columns.map((column) => ({ ...column })) })),
        next_cursor: page.nextCursor,
      };
    },
  );
}
