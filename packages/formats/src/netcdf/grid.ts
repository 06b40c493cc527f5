import { type Attributes, addDimension, addVariable, createHdf5, setAttributes } from './hdf5.js';

/** Default fill values of netCDF (netcdf.h: NC_FILL_DOUBLE, NC_FILL_FLOAT). */
const FILL = 9.969209968386869e36;

export interface GridVariable {
  readonly name: string;
  /** time × latitude × longitude, or latitude × longitude without time; NaN where there is no value. */
  readonly values: Float64Array | Float32Array;
  /** UDUNITS, e.g. "m". */
  readonly units: string;
  readonly longName: string;
  /** From the CF standard name table, when there is one. */
  readonly standardName?: string;
  /** e.g. "time: mean" */
  readonly cellMethods?: string;
  readonly attributes?: Attributes;
}

export interface GridTime {
  /** Middle of each interval in the units below. */
  readonly values: Float64Array;
  /** e.g. "days since 2002-01-01 00:00:00" */
  readonly units: string;
  /** Start and end of each interval (2 per value). */
  readonly bounds?: Float64Array;
}

export interface GridContent {
  /** Degrees north, degrees east. */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  readonly time?: GridTime;
  readonly variables: readonly GridVariable[];
  readonly title: string;
  readonly institution: string;
  readonly history: string;
  readonly source: string;
  readonly references: string;
  /** More global attributes. */
  readonly attributes?: Attributes;
}

/**
 * A grid as a netCDF-4 file after CF-1.8: coordinate variables as dimension scales, values deflated, NaN written
 * as _FillValue. Equal content gives equal bytes.
 *
 * @throws RangeError for wrong lengths, doubled names or coordinates out of order
 */
export async function writeGridNetcdf(grid: GridContent): Promise<Uint8Array> {
  checkGrid(grid);
  const { latitude, longitude, time } = grid;
  return createHdf5((file) => {
    setAttributes(file, {
      Conventions: 'CF-1.8',
      title: grid.title,
      institution: grid.institution,
      source: grid.source,
      history: grid.history,
      references: grid.references,
      ...grid.attributes,
    });
    if (time) {
      const attributes = {
        standard_name: 'time',
        long_name: 'time',
        units: time.units,
        calendar: 'standard',
        axis: 'T',
      };
      addDimension(file, {
        name: 'time',
        values: time.values,
        attributes: time.bounds ? { ...attributes, bounds: 'time_bounds' } : attributes,
      });
    }
    addDimension(file, {
      name: 'lat',
      values: latitude,
      attributes: { standard_name: 'latitude', long_name: 'latitude', units: 'degrees_north', axis: 'Y' },
    });
    addDimension(file, {
      name: 'lon',
      values: longitude,
      attributes: { standard_name: 'longitude', long_name: 'longitude', units: 'degrees_east', axis: 'X' },
    });
    if (time?.bounds) {
      addDimension(file, {
        name: 'bounds',
        values: Int32Array.from([0, 1]),
        attributes: { long_name: 'start and end of the interval' },
      });
      addVariable(file, { name: 'time_bounds', values: time.bounds, shape: [time.values.length, 2] }, [
        'time',
        'bounds',
      ]);
    }
    const shape = [...(time ? [time.values.length] : []), latitude.length, longitude.length];
    const dimensions = [...(time ? ['time'] : []), 'lat', 'lon'];
    for (const variable of grid.variables) {
      const single = variable.values instanceof Float32Array;
      addVariable(
        file,
        {
          name: variable.name,
          values: withFill(variable.values),
          shape,
          chunks: [...(time ? [1] : []), latitude.length, longitude.length],
          attributes: {
            ...(variable.standardName !== undefined && { standard_name: variable.standardName }),
            long_name: variable.longName,
            units: variable.units,
            _FillValue: single ? Float32Array.of(FILL) : Float64Array.of(FILL),
            ...(variable.cellMethods !== undefined && { cell_methods: variable.cellMethods }),
            ...variable.attributes,
          },
        },
        dimensions,
      );
    }
  });
}

function withFill<T extends Float64Array | Float32Array>(values: T): T {
  const out = values.slice() as T;
  for (let i = 0; i < out.length; i++) if (Number.isNaN(out[i])) out[i] = FILL;
  return out;
}

function checkGrid({ latitude, longitude, time, variables }: GridContent): void {
  const names = ['lat', 'lon', 'time', 'bounds', 'time_bounds', ...variables.map((v) => v.name)];
  if (new Set(names).size !== names.length) throw new RangeError('two variables of the grid share a name');
  for (const name of names) {
    if (!/^[A-Za-z]\w*$/.test(name)) throw new RangeError(`no CF variable name: ${JSON.stringify(name)}`);
  }
  const axes: readonly (readonly [string, Float64Array])[] = [
    ['latitude', latitude],
    ['longitude', longitude],
    ['time', time?.values ?? Float64Array.of(0)],
  ];
  for (const [name, values] of axes) {
    const falling = values.length > 1 && values[1] < values[0];
    for (let i = 0; i < values.length; i++) {
      const wrong = i > 0 && (falling ? !(values[i] < values[i - 1]) : !(values[i] > values[i - 1]));
      if (!Number.isFinite(values[i]) || wrong)
        throw new RangeError(`${name} is not strictly monotonic and finite`);
    }
    if (values.length === 0) throw new RangeError(`${name} is empty`);
  }
  if (time?.bounds && time.bounds.length !== 2 * time.values.length) {
    throw new RangeError('time bounds need two values per time');
  }
}
