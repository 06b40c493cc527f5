import { createHash } from 'node:crypto';
import type { RecoverySolution } from '@gravity/recovery';
import type { OutputProduct } from '../request.js';
import { coefficientsProduct } from './coefficients.js';
import type { ProductContext } from './context.js';
import { gridProducts } from './grids.js';
import { mapProducts } from './maps.js';
import { normalsProduct, normalsSinexProduct, type SolvedNormals } from './normals.js';
import { contributionsProduct } from './regularization.js';
import { reportProduct } from './report.js';
import type { ProductFile, UnhashedFile } from './types.js';
import { covarianceProduct, uncertaintiesProduct } from './uncertainties.js';

type Maker = (
  context: ProductContext,
  solution: RecoverySolution,
  normals: SolvedNormals,
) => Promise<UnhashedFile[]>;

const MAKERS: Readonly<Record<OutputProduct, Maker>> = {
  coefficients: async (context, solution) => [coefficientsProduct(context, solution)],
  grids: gridProducts,
  uncertainties: async (context, solution) => [await uncertaintiesProduct(context, solution)],
  covariance: async (context, solution) => [await covarianceProduct(context, solution)],
  maps: async (context, solution) => mapProducts(context, solution),
  contributions: async (context, solution) => [contributionsProduct(context, solution)],
  normals: async (context, solution, normals) => [await normalsProduct(context, solution, normals)],
  normals_sinex: async (context, solution, normals) => [
    await normalsSinexProduct(context, solution, normals),
  ],
};

/** All files a request asks for, and the report. Equal context and solution give equal bytes. */
export async function makeProducts(
  context: ProductContext,
  solution: RecoverySolution,
  normals: SolvedNormals,
  onProgress: (fraction: number, message: string) => void = () => undefined,
): Promise<ProductFile[]> {
  const { outputProducts } = context.request;
  const files: UnhashedFile[] = [];
  for (const [index, name] of outputProducts.entries()) {
    onProgress(index / outputProducts.length, `making ${name}`);
    files.push(...(await MAKERS[name](context, solution, normals)));
  }
  files.push(reportProduct(context, solution));
  return files.map((file) => ({ ...file, sha256: createHash('sha256').update(file.bytes).digest('hex') }));
}
