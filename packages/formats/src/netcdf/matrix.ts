import { type Attributes, addDimension, addVariable, createHdf5, setAttributes } from './hdf5.js';

export interface MatrixContent {
  /** Row-major n × n values (for a symmetric matrix: both triangles). */
  readonly values: Float64Array;
  readonly name: string;
  readonly longName: string;
  readonly units: string;
  /** Degree, order and kind (0 cosine, 1 sine) of every parameter, in the order of rows and columns. */
  readonly degree: Int32Array;
  readonly order: Int32Array;
  readonly kind: Uint8Array;
  /** More vectors along the parameters, e.g. the estimate itself. */
  readonly vectors?: readonly {
    readonly name: string;
    readonly values: Float64Array;
    readonly longName: string;
    readonly units: string;
  }[];
  readonly title: string;
  readonly institution: string;
  readonly history: string;
  readonly source: string;
  readonly references: string;
  readonly attributes?: Attributes;
}

const CHUNK = 512;

/**
 * A full covariance (or normal) matrix of spherical harmonic coefficients as netCDF-4, with the table of its
 * parameters. Rows and columns have dimensions of their own, since many readers refuse a dimension used twice.
 * Equal content gives equal bytes.
 *
 * @throws RangeError when lengths do not fit
 */
export async function writeMatrixNetcdf(matrix: MatrixContent): Promise<Uint8Array> {
  const n = matrix.degree.length;
  if (matrix.order.length !== n || matrix.kind.length !== n)
    throw new RangeError('parameter table of unequal lengths');
  if (n === 0 || matrix.values.length !== n * n) {
    throw new RangeError(`${matrix.values.length} values are no matrix of ${n} parameters`);
  }
  const chunk = Math.min(n, CHUNK);
  return createHdf5((file) => {
    setAttributes(file, {
      Conventions: 'CF-1.8',
      title: matrix.title,
      institution: matrix.institution,
      source: matrix.source,
      history: matrix.history,
      references: matrix.references,
      ...matrix.attributes,
    });
    const index = Int32Array.from({ length: n }, (_, i) => i);
    addDimension(file, {
      name: 'parameter',
      values: index,
      attributes: { long_name: 'row: index of the parameter' },
    });
    addDimension(file, {
      name: 'parameter_column',
      values: index,
      attributes: { long_name: 'column: index of the parameter' },
    });
    const column = (name: string, values: Int32Array | Int8Array | Float64Array, attributes: Attributes) =>
      addVariable(file, { name, values, shape: [n], attributes }, ['parameter']);
    column('degree', matrix.degree, { long_name: 'spherical harmonic degree', units: '1' });
    column('order', matrix.order, { long_name: 'spherical harmonic order', units: '1' });
    column('kind', Int8Array.from(matrix.kind), {
      long_name: 'kind of the coefficient',
      flag_values: Int8Array.of(0, 1),
      flag_meanings: 'cosine sine',
    });
    for (const { name, values, longName, units } of matrix.vectors ?? []) {
      column(name, values, { long_name: longName, units });
    }
    addVariable(
      file,
      {
        name: matrix.name,
        values: matrix.values,
        shape: [n, n],
        chunks: [chunk, chunk],
        attributes: { long_name: matrix.longName, units: matrix.units },
      },
      ['parameter', 'parameter_column'],
    );
  });
}
