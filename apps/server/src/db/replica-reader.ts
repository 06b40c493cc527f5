import type { CompiledQuery, QueryResult } from 'kysely';
import type pg from 'pg';
import { acquireFrom, type PostgresConnection } from './postgres-connection.js';
import { connect } from './postgres-pool.js';
import type { QueryMeter } from './query-meter.js';
import type { SessionConnection } from './session-driver.js';
import { isTransientError } from './transient.js';

export interface ReplicaState {
  readonly usable: boolean;
  /** How far the replica is behind, when it is. */
  readonly lagSeconds?: number;
  readonly reason?: string;
}

/** Decides every few seconds whether the replica is fit to be read. */
export class ReplicaRouter {
  #state: ReplicaState = { usable: false, reason: 'not looked at yet' };
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;

  constructor(
    private readonly primary: pg.Pool,
    private readonly replica: pg.Pool,
    private readonly meter: QueryMeter,
    private readonly maxLagSeconds: number,
    private readonly checkEveryMs: number,
    private readonly onChange: (state: ReplicaState) => void,
  ) {}

  get state(): ReplicaState {
    return this.#state;
  }

  /** Looks at the replica now. */
  check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checkedAt = performance.now();
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async acquire(): Promise<SessionConnection> {
    // an answer in hand is used while the next one is fetched
    if (performance.now() - this.#checkedAt > this.checkEveryMs) void this.check();
    if (this.#state.usable) {
      try {
        return new ReaderConnection(await acquireFrom(this.replica, this.meter), this);
      } catch (error) {
        this.failed(error);
      }
    }
    return acquireFrom(this.primary, this.meter);
  }

  fromPrimary(): Promise<PostgresConnection> {
    return acquireFrom(this.primary, this.meter);
  }

  failed(error: unknown): void {
    this.#set({ usable: false, reason: error instanceof Error ? error.message : String(error) });
  }

  async #look(): Promise<void> {
    try {
      const primary = await connect(this.primary);
      let position: string;
      try {
        const { rows } = await primary.query('select pg_current_wal_lsn()::text as position');
        position = rows[0].position;
      } finally {
        primary.release();
      }
      const replica = await connect(this.replica);
      try {
        // A replica that has replayed what the primary had written a moment ago is up to date, however old its last
        // transaction is; only else does the age of that one tell the lag.
        const { rows } = await replica.query(
          `select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn as current,
            extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as lag`,
          [position],
        );
        const lagSeconds = rows[0].current ? 0 : (rows[0].lag ?? Number.POSITIVE_INFINITY);
        const usable = lagSeconds <= this.maxLagSeconds;
        this.#set({
          usable,
          lagSeconds,
          ...(!usable && { reason: `it is ${lagSeconds.toFixed(1)} s behind` }),
        });
      } finally {
        replica.release();
      }
    } catch (error) {
      this.failed(error);
    }
  }

  #set(state: ReplicaState): void {
    const changed = state.usable !== this.#state.usable;
    this.#state = state;
    if (changed) this.onChange(state);
  }
}

/** A read that fails with the replica is done again on the primary. */
class ReaderConnection implements SessionConnection {
  inTransaction = false;

  constructor(
    private current: PostgresConnection,
    private readonly router: ReplicaRouter,
  ) {}

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.current.executeQuery<R>(query);
    } catch (error) {
      // 40001 is a read that stood in the way of the replay
      if (this.inTransaction || !isTransientError(error)) throw error;
      this.router.failed(error);
      await this.current.release();
      this.current = await this.router.fromPrimary();
      return this.current.executeQuery<R>(query);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  async release(): Promise<void> {
    this.current.inTransaction = this.inTransaction;
    await this.current.release();
  }
}
