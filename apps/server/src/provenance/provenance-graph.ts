import type { Selectable } from 'kysely';
import type { Database } from '../db/database.js';
import type { IngestedFilesTable, UsersTable } from '../db/schema.js';
import { SOFTWARE_TITLE, type Software } from '../software.js';
import {
  type Activity,
  idsOf,
  type ProductRow,
  readActivities,
  readFiles,
  readProducts,
} from './read-provenance.js';

export type FileRow = Selectable<IngestedFilesTable>;
type UserRow = Pick<Selectable<UsersTable>, 'id' | 'username'>;

/** The activities that led to a product, and what they worked on. */
export interface ProvenanceGraph {
  readonly product: ProductRow;
  readonly activities: readonly Activity[];
  /** Those that one of the activities used. */
  readonly files: ReadonlyMap<string, FileRow>;
  /** The product itself and those that were used on the way to it. */
  readonly products: ReadonlyMap<string, ProductRow>;
  readonly users: ReadonlyMap<string, UserRow>;
}

export async function readProvenanceGraph(db: Database, product: ProductRow): Promise<ProvenanceGraph> {
  const activities = await readActivities(db, product);
  // What else was catalogued with it is no part of its story.
  const used = activities.filter(({ job }) => job.type !== 'catalog').flatMap((activity) => activity.used);
  const [files, products] = await Promise.all([
    readFiles(db, idsOf(used, 'file')),
    readProducts(db, idsOf(used, 'product')),
  ]);
  const userIds = [...new Set([product.user_id, ...activities.map(({ job }) => job.user_id)])];
  const users = await db.kysely
    .selectFrom('users')
    .select(['id', 'username'])
    .where('id', 'in', userIds)
    .execute();
  return {
    product,
    activities,
    files: new Map(files.map((file) => [file.id, file])),
    products: new Map([product, ...products].map((one) => [one.id, one])),
    users: new Map(users.map((user) => [user.id, user])),
  };
}

/** What ran the job: as its row says, for older jobs as far as the products say it. */
export function softwareOf({ job, generated }: Activity): Software {
  if (job.software !== null) return job.software;
  const stated = generated.map(({ data }) => data?.software).find((text) => typeof text === 'string');
  const version = typeof stated === 'string' ? /(\d+\.\d+\.\d+\S*)$/.exec(stated)?.[1] : undefined;
  return { name: SOFTWARE_TITLE, version: version ?? 'unknown', commit: null };
}
