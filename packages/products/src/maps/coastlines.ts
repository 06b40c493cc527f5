import { createRequire } from 'node:module';
import { mesh } from 'topojson-client';

/** Lines in degrees: longitude, latitude. */
export type Polylines = readonly (readonly (readonly number[])[])[];

type LandTopology = Parameters<typeof mesh>[0] & {
  readonly objects: { readonly land: NonNullable<Parameters<typeof mesh>[1]> };
};

let world: Polylines | undefined;

/**
 * Coastlines of the world, 1:110 million (Natural Earth, public domain, npm package world-atlas),
 * without the artificial edges along the date line and the South Pole.
 */
export function worldCoastlines(): Polylines {
  world ??= load();
  return world;
}

function load(): Polylines {
  const land = createRequire(import.meta.url)('world-atlas/land-110m.json') as LandTopology;
  const lines: (readonly number[])[][] = [];
  for (const line of mesh(land, land.objects.land).coordinates) {
    let current: (readonly number[])[] = [];
    for (const point of line) {
      const previous = current.at(-1);
      if (previous && artificial(previous, point)) {
        lines.push(current);
        current = [];
      }
      current.push(point);
    }
    lines.push(current);
  }
  return lines.filter((line) => line.length > 1);
}

function artificial(a: readonly number[], b: readonly number[]): boolean {
  const onDateLine = Math.abs(a[0]) > 179.99 && Math.abs(b[0]) > 179.99;
  const onPole = a[1] < -89.9 || b[1] < -89.9;
  return onDateLine || onPole;
}
