/** A statement that took longer than config.slowQueryMilliseconds; never with the values of its parameters. */
export interface SlowQuery {
  readonly sql: string;
  readonly milliseconds: number;
  readonly rows: number;
}

/** Counts statements of one database and reports slow ones. */
export class QueryMeter {
  queries = 0;
  slowQueries = 0;
  failedQueries = 0;
  milliseconds = 0;

  constructor(
    private readonly slowMilliseconds: number,
    private readonly onSlowQuery: (query: SlowQuery) => void = () => {},
  ) {}

  figures() {
    const { queries, failedQueries, slowQueries, milliseconds } = this;
    return { queries, failedQueries, slowQueries, milliseconds };
  }

  /** Times `run`; `rows` reads the number of rows from its answer. */
  async measure<T>(sql: string, run: () => Promise<T>, rows: (result: T) => number): Promise<T> {
    const started = performance.now();
    let count = 0;
    this.queries += 1;
    try {
      const result = await run();
      count = rows(result);
      return result;
    } catch (error) {
      this.failedQueries += 1;
      throw error;
    } finally {
      const milliseconds = performance.now() - started;
      this.milliseconds += milliseconds;
      if (milliseconds >= this.slowMilliseconds) {
        this.slowQueries += 1;
        this.onSlowQuery({ sql, milliseconds, rows: count });
      }
    }
  }
}
