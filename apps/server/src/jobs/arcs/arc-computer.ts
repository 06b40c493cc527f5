/** What an arc row says about the work. */
export interface ArcWork {
  readonly inputsHash: string;
  readonly checkpointKey: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Computes one arc at a time, in a thread of its own that it keeps for the next. */
export interface ArcComputer {
  /**
   * Stores the checkpoint and returns the result of the row. When the signal is aborted the computation is ended and
   * the reason thrown.
   *
   * @throws ArcRefusedError; TaskError when trying again would not help
   */
  compute(
    work: ArcWork,
    signal: AbortSignal,
    onProgress: (fraction: number, message: string) => void,
  ): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** This worker would get other bits than the arc asks for (software, processor, linear algebra, threads). */
export class ArcRefusedError extends Error {
  override readonly name = 'ArcRefusedError';
  constructor(
    readonly requires: string,
    reason: string,
  ) {
    super(reason);
  }
}
