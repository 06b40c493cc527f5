import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  type LifecycleRule,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { BUCKETS } from '../object-key.js';
import { OBJECT_LIFETIME_DAYS } from '../object-lifetime.js';
import type { Bucket } from '../object-store.js';
import type { S3Connection } from './connection.js';
import { failureOf, isTransient, portError } from './failures.js';
import { type Patience, persist } from './patience.js';

const EXPIRE_RULE = 'gravity-expire';
const ABORT_RULE = 'gravity-abort-multipart';
const ABORT_AFTER_DAYS = 2;
const DEFAULT_REGION = 'us-east-1';

/** Makes the buckets that are missing; several processes may do so at once. Throws ObjectStoreError 'access_denied'. */
export async function openBuckets(connection: S3Connection, patience: Patience): Promise<void> {
  for (const bucket of BUCKETS) {
    const name = connection.bucketName(bucket);
    try {
      if (!(await exists(connection, name, patience))) await create(connection, name, patience);
    } catch (error) {
      throw portError(error, connection.settings.endpoint, name);
    }
  }
}

async function exists({ client }: S3Connection, name: string, patience: Patience): Promise<boolean> {
  try {
    await persist(patience, () => client.send(new HeadBucketCommand({ Bucket: name })));
    return true;
  } catch (error) {
    const { status } = failureOf(error);
    if (status === 404) return false;
    if (status === undefined) throw error;
    // Unlike that of HEAD, the answer of a listing has a body that says what is wrong.
    await persist(patience, () => client.send(new ListObjectsV2Command({ Bucket: name, MaxKeys: 1 })));
    throw error;
  }
}

async function create(connection: S3Connection, name: string, patience: Patience): Promise<void> {
  const { region } = connection.settings;
  const input: CreateBucketCommandInput = {
    Bucket: name,
    ...(region !== DEFAULT_REGION && {
      CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' },
    }),
  };
  try {
    await persist(patience, () => connection.client.send(new CreateBucketCommand(input)));
  } catch (error) {
    // Another process was quicker; or it belongs to somebody else, which the next listing tells.
    const known = ['BucketAlreadyOwnedByYou', 'BucketAlreadyExists', 'OperationAborted'];
    if (!known.includes(failureOf(error).name) || !(await exists(connection, name, patience))) throw error;
  }
}

function rulesOf(bucket: Bucket, withAbort: boolean): readonly LifecycleRule[] {
  const days = OBJECT_LIFETIME_DAYS[bucket];
  const common = { Status: 'Enabled', Filter: { Prefix: '' } } as const;
  return [
    ...(days === undefined ? [] : [{ ...common, ID: EXPIRE_RULE, Expiration: { Days: days } }]),
    ...(withAbort
      ? [
          {
            ...common,
            ID: ABORT_RULE,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_AFTER_DAYS },
          },
        ]
      : []),
  ];
}

const digest = (rule: LifecycleRule): string =>
  [
    rule.ID,
    rule.Status,
    rule.Filter?.Prefix ?? rule.Prefix ?? '',
    rule.Expiration?.Days,
    rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  ].join('|');

/** Whether all of `wanted` are among `present`, and no other of ours. */
function holds(present: readonly LifecycleRule[], wanted: readonly LifecycleRule[]): boolean {
  const ours = present.filter(isOurs).map(digest).sort();
  return ours.join('\n') === wanted.map(digest).sort().join('\n');
}

const isOurs = (rule: LifecycleRule): boolean => rule.ID === EXPIRE_RULE || rule.ID === ABORT_RULE;

/**
 * Lets the store remove old objects of `temp` and `processed-data` and unfinished uploads. Rules of others stay; what
 * is as wanted is not written again.
 *
 * @returns whether the store keeps the rules about age; some have no lifecycle, and some take it and forget it
 */
export async function openLifecycle(connection: S3Connection, patience: Patience): Promise<boolean> {
  let kept = true;
  for (const bucket of BUCKETS) {
    try {
      // MinIO refuses a rule that has nothing but the removal of unfinished uploads: it does that unasked.
      const set =
        (await setRules(connection, bucket, true, patience)) ||
        (await setRules(connection, bucket, false, patience));
      if (!set && OBJECT_LIFETIME_DAYS[bucket] !== undefined) kept = false;
    } catch (error) {
      if (isTransient(error)) throw error;
      kept = false;
    }
  }
  return kept;
}

async function setRules(
  connection: S3Connection,
  bucket: Bucket,
  withAbort: boolean,
  patience: Patience,
): Promise<boolean> {
  const wanted = rulesOf(bucket, withAbort);
  const present = await readRules(connection, bucket, patience);
  if (holds(present, wanted)) return true;
  const others = present.filter((rule) => !isOurs(rule));
  if (wanted.length + others.length === 0) return true;
  try {
    await persist(patience, () =>
      connection.client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: connection.bucketName(bucket),
          LifecycleConfiguration: { Rules: [...others, ...wanted] },
        }),
      ),
    );
  } catch (error) {
    if (failureOf(error).status === 400) return false;
    throw error;
  }
  return holds(await readRules(connection, bucket, patience), wanted);
}

async function readRules(
  connection: S3Connection,
  bucket: Bucket,
  patience: Patience,
): Promise<readonly LifecycleRule[]> {
  try {
    const { Rules } = await persist(patience, () =>
      connection.client.send(
        new GetBucketLifecycleConfigurationCommand({ Bucket: connection.bucketName(bucket) }),
      ),
    );
    return Rules ?? [];
  } catch (error) {
    if (failureOf(error).name === 'NoSuchLifecycleConfiguration' || failureOf(error).status === 404)
      return [];
    throw error;
  }
}
