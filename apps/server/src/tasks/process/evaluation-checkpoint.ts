import type { ArcEvaluation } from '@gravity/recovery';
import { CheckpointError } from './checkpoint.js';
import { ContainerError, packArrays, unpackArrays } from './containers.js';

const MAGIC = 'GPB-ARC-EVALUATION-1';

interface Fields {
  readonly inputs: string;
  readonly scalars: Omit<ArcEvaluation, 'lags' | 'series'>;
  readonly samplingSeconds?: number;
}

/** What an arc's residuals say of the noise as bytes. Equal evaluations give equal bytes, and the very same doubles come back. */
export function encodeEvaluation(
  { lags, series: _series, ...scalars }: ArcEvaluation,
  inputs: string,
): Uint8Array {
  const arrays = lags
    ? [
        { name: 'sums', values: lags.sums },
        { name: 'counts', values: lags.counts },
      ]
    : [];
  const fields: Fields = { inputs, scalars, ...(lags && { samplingSeconds: lags.samplingSeconds }) };
  return packArrays(MAGIC, fields, arrays);
}

/** @throws CheckpointError when bytes are missing or changed, or the inputs are not the expected ones */
export function decodeEvaluation(bytes: Uint8Array, inputs: string): ArcEvaluation {
  try {
    const { fields, arrays } = unpackArrays<Fields>(MAGIC, bytes, (own) => {
      if (own.inputs !== inputs) throw new CheckpointError('made of other inputs');
    });
    const { scalars, samplingSeconds } = fields;
    if (samplingSeconds === undefined) return scalars;
    const [sums, counts] = arrays.map(({ values }) => values);
    return { ...scalars, lags: { samplingSeconds, sums, counts } };
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    throw new CheckpointError(`no checkpoint of this version, or damaged: ${error.message}`);
  }
}
