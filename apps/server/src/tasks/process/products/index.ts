import { createHash } from 'node:crypto';
import type { RecoverySolution } from '@gravity/recovery';
import { coefficientsProduct } from './coefficients.js';
import type { ProductContext } from './context.js';
import { gridProducts } from './grids.js';
import { mapProducts } from './maps.js';
import { reportProduct } from './report.js';
import type { ProductFile, UnhashedFile } from './types.js';
import { covarianceProduct, uncertaintiesProduct } from './uncertainties.js';

/** All files a request asks for, and the report. Equal context and solution give equal bytes. */
export async function makeProducts(
  context: ProductContext,
  solution: RecoverySolution,
): Promise<ProductFile[]> {
  const wanted = new Set(context.request.outputProducts);
  const files: UnhashedFile[] = [
    coefficientsProduct(context, solution),
    ...(wanted.has('grids') ? await gridProducts(context, solution) : []),
    ...(wanted.has('uncertainties') ? [await uncertaintiesProduct(context, solution)] : []),
    ...(wanted.has('covariance') ? [await covarianceProduct(context, solution)] : []),
    ...(wanted.has('maps') ? mapProducts(context, solution) : []),
    reportProduct(context, solution),
  ];
  return files.map((file) => ({ ...file, sha256: createHash('sha256').update(file.bytes).digest('hex') }));
}
