import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type GridContent, readNetcdf, writeGridNetcdf, writeMatrixNetcdf } from '@gravity/formats';
import { coefficientOrdering } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { errorOf } from './helpers.js';

const common = { title: 'Test é', institution: 'I', history: 'H', source: 'S', references: 'R' };
const values = Float64Array.from({ length: 2 * 6 * 12 }, (_, i) => (i === 7 ? Number.NaN : Math.sin(i) / 3));
const grid: GridContent = {
  ...common,
  latitude: Float64Array.from({ length: 6 }, (_, i) => 75 - 30 * i),
  longitude: Float64Array.from({ length: 12 }, (_, i) => 15 + 30 * i),
  time: {
    values: Float64Array.of(15.5, 45),
    bounds: Float64Array.of(0, 31, 31, 59),
    units: 'days since 2002-01-01 00:00:00',
  },
  variables: [
    {
      name: 'lwe_thickness',
      values,
      units: 'm',
      longName: 'equivalent water height',
      standardName: 'lwe_thickness_of_surface_water_amount',
      cellMethods: 'time: mean',
    },
    { name: 'uncertainty', values: Float32Array.from(values), units: 'm', longName: 'formal error' },
  ],
  attributes: { sha256: 'abc', degree_max: 60 },
};

function matrix() {
  const ordering = coefficientOrdering(2, 4);
  const n = ordering.count;
  return {
    ...common,
    name: 'covariance',
    longName: 'covariance of the coefficients',
    units: '1',
    values: Float64Array.from({ length: n * n }, (_, k) => 1 / (1 + Math.floor(k / n) + (k % n))),
    degree: ordering.degree,
    order: ordering.order,
    kind: ordering.kind,
    vectors: [{ name: 'estimate', values: new Float64Array(n).fill(2), longName: 'estimate', units: '1' }],
  };
}

const python = spawnSync('python3', ['-c', 'import netCDF4']).status === 0 ? 'python3' : undefined;

describe('netCDF', () => {
  it('gives the same bytes at different times', async () => {
    const first = await writeGridNetcdf(grid);
    const firstMatrix = await writeMatrixNetcdf(matrix());
    // HDF5 stamps objects with whole seconds
    await setTimeout(1100);
    expect(Buffer.compare(first, await writeGridNetcdf(grid))).toBe(0);
    expect(Buffer.compare(firstMatrix, await writeMatrixNetcdf(matrix()))).toBe(0);
    expect(Date.now()).toBeGreaterThan(1.7e12);
  });

  it('reads back what it wrote', async () => {
    const content = await readNetcdf(await writeGridNetcdf(grid), { file: 'grid.nc' });
    expect(content.attributes).toMatchObject({
      Conventions: 'CF-1.8',
      title: 'Test é',
      sha256: 'abc',
      degree_max: [60],
    });
    const { lwe_thickness, uncertainty, time, lat, time_bounds } = content.variables;
    expect(lwe_thickness).toMatchObject({ shape: [2, 6, 12], dimensions: ['time', 'lat', 'lon'] });
    expect(lwe_thickness.values).toEqual(values);
    expect(lwe_thickness.attributes).toMatchObject({
      units: 'm',
      standard_name: 'lwe_thickness_of_surface_water_amount',
      cell_methods: 'time: mean',
    });
    expect(uncertainty.values).toEqual(Float64Array.from(Float32Array.from(values)));
    expect(time.attributes).toMatchObject({ bounds: 'time_bounds', calendar: 'standard' });
    expect(time_bounds).toMatchObject({ shape: [2, 2], dimensions: ['time', 'bounds'] });
    expect(lat.values).toEqual(grid.latitude);
  });

  it('writes a covariance with its parameter table', async () => {
    const input = matrix();
    const { variables } = await readNetcdf(await writeMatrixNetcdf(input), { file: 'm.nc' });
    expect(variables.covariance.values).toEqual(input.values);
    expect(variables.covariance.dimensions).toEqual(['parameter', 'parameter_column']);
    expect(Array.from(variables.degree.values)).toEqual(Array.from(input.degree));
    expect(Array.from(variables.kind.values)).toEqual(Array.from(input.kind));
    expect(variables.kind.attributes).toMatchObject({ flag_meanings: 'cosine sine', flag_values: [0, 1] });
  });

  it('refuses contents that do not fit', async () => {
    await expect(writeGridNetcdf({ ...grid, latitude: Float64Array.of(1, 1) })).rejects.toThrow(/latitude/);
    const short = { ...grid.variables[0], values: values.subarray(1) };
    await expect(writeGridNetcdf({ ...grid, variables: [short] })).rejects.toThrow(/143 values/);
    await expect(writeGridNetcdf({ ...grid, variables: [{ ...short, name: 'lat' }] })).rejects.toThrow(
      /share a name/,
    );
    await expect(writeMatrixNetcdf({ ...matrix(), values: new Float64Array(3) })).rejects.toThrow(RangeError);
    // and works again after a failure
    expect((await writeGridNetcdf(grid)).length).toBeGreaterThan(1000);
  });

  it('tells bytes that are no netCDF-4', async () => {
    expect((await errorOf(() => readNetcdf(Buffer.from('CDF\u0001'), { file: 'x.nc' }))).code).toBe(
      'unknown_format',
    );
    const cut = (await writeGridNetcdf(grid)).subarray(0, 900);
    expect((await errorOf(() => readNetcdf(cut, { file: 'x.nc' }))).code).toBe('unknown_format');
  });

  it.skipIf(!python)('is read by the netCDF C library (python netCDF4)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netcdf-'));
    try {
      writeFileSync(join(folder, 'g.nc'), await writeGridNetcdf(grid));
      writeFileSync(join(folder, 'm.nc'), await writeMatrixNetcdf(matrix()));
      const script = `
import json, netCDF4
g = netCDF4.Dataset('g.nc'); m = netCDF4.Dataset('m.nc'); v = g['lwe_thickness']
print(json.dumps({
  'format': g.data_model, 'title': g.title, 'dims': {k: len(d) for k, d in g.dimensions.items()},
  'variable': list(v.dimensions), 'units': v.units, 'masked': int(v[:].mask.sum()), 'sum': float(v[:].sum()),
  'date': str(netCDF4.num2date(g['time'][:], g['time'].units)[0]),
  'matrix': list(m['covariance'].dimensions), 'trace': float(m['covariance'][:].trace()), 'kind': m['kind'][:].tolist()}))`;
      const out = JSON.parse(
        execFileSync(python as string, ['-c', script], { cwd: folder, encoding: 'utf8' }),
      );
      const input = matrix();
      const n = input.degree.length;
      const trace = Array.from({ length: n }, (_, i) => input.values[i * n + i]).reduce((a, b) => a + b, 0);
      const sum = values.reduce((a, b) => a + (Number.isNaN(b) ? 0 : b), 0);
      expect(out).toMatchObject({
        format: 'NETCDF4',
        title: 'Test é',
        dims: { time: 2, lat: 6, lon: 12, bounds: 2 },
        variable: ['time', 'lat', 'lon'],
        units: 'm',
        masked: 1,
        date: '2002-01-16 12:00:00',
        matrix: ['parameter', 'parameter_column'],
        kind: Array.from(input.kind),
      });
      // summed in another order: some roundings of numbers below 1
      expect(out.sum).toBeCloseTo(sum, 12);
      expect(out.trace).toBeCloseTo(trace, 12);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
