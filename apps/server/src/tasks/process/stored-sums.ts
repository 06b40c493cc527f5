import type { ArcShare } from './arc-work.js';
import type { ArcIdentity, PassInputs, Stage } from './pass-inputs.js';
import { hashOf } from './recipe.js';
import { readStored, writeStored } from './stored-bytes.js';

/** Storing sums may take this share of the time of the computation. */
const SHARE_OF_TIME = 0.01;

/**
 * Checkpoints of a stage computed here: the sum of its arcs so far, stored from time to time, each under the number of
 * its last arc. The next is not stored before the last has cost less than a hundredth of the time, so that storing stays
 * cheap for small arcs, of which many are done again after a kill, and for large ones.
 */
export class StoredSums {
  private readonly shares: ArcShare[] = [];
  private readonly leastMs: number;
  private due: number;
  private upload: Promise<void> = Promise.resolve();

  constructor(
    private readonly inputs: PassInputs,
    private readonly stage: Stage,
    private readonly identities: readonly ArcIdentity[],
  ) {
    this.leastMs = 1000 * inputs.context.config.checkpointSeconds;
    this.due = performance.now() + this.leastMs;
  }

  /** Puts the longest stored sum that can be used into the worker. Returns the shares of its arcs. */
  async restore(): Promise<readonly ArcShare[]> {
    const { context, worker } = this.inputs;
    const stored = new Set<string>();
    const [{ checkpointKey: first }] = this.identities;
    for await (const { key } of context.objects.list(
      'processed-data',
      first.slice(0, first.lastIndexOf('/') + 1),
    ))
      stored.add(key);
    for (let count = this.identities.length; count > 0; count--) {
      const { checkpointKey: key } = this.identities[count - 1];
      if (!stored.has(key)) continue;
      const bytes = await readStored(context, key);
      if (!bytes) continue;
      const answer = await worker.call(
        'restoreSum',
        { bytes, inputs: this.inputsOf(count) },
        { transfer: [bytes.buffer as ArrayBuffer] },
      );
      if (answer.rejected) context.log('warning', `checkpoint ${key} is not used: ${answer.rejected}`);
      if (!answer.shares) continue;
      this.shares.push(...answer.shares);
      return answer.shares.map((share) => ({
        ...share,
        part: 'reason' in share.part ? share.part : { ...share.part, restored: true },
      }));
    }
    return [];
  }

  /** Tells of an arc that the worker has added, or that was left out; stores the sum when it is time. */
  async add(share: ArcShare): Promise<void> {
    this.shares.push(share);
    // Without a single arc there is nothing to be saved from doing again.
    if (performance.now() < this.due || this.shares.every(({ part }) => 'reason' in part)) return;
    const count = this.shares.length;
    await this.upload;
    const began = performance.now();
    const { checkpoint } = await this.inputs.worker.call('saveSum', {
      inputs: this.inputsOf(count),
      shares: this.shares,
    });
    if (this.leastMs > 0) this.due = Number.POSITIVE_INFINITY;
    // Beside the computation of the next arc.
    this.upload = this.store(this.identities[count - 1].checkpointKey, checkpoint, began);
  }

  /** Done when nothing is being stored. */
  settled(): Promise<void> {
    return this.upload;
  }

  /** A sum that cannot be stored is one to fall back on less, no reason to stop. */
  private async store(key: string, bytes: Uint8Array, began: number): Promise<void> {
    const { context } = this.inputs;
    try {
      await writeStored(context, key, bytes);
    } catch (error) {
      if (!context.signal.aborted)
        context.log('warning', `checkpoint ${key} could not be stored: ${(error as Error).message}`);
    }
    const ended = performance.now();
    if (this.leastMs > 0) this.due = ended + Math.max(this.leastMs, (ended - began) / SHARE_OF_TIME);
  }

  private inputsOf(count: number): string {
    const arcs = this.identities.slice(0, count).map(({ inputsHash }) => inputsHash);
    return hashOf({ stage: this.stage.stage, arcs });
  }
}
