import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;
const page = readFileSync(join(ROOT, 'docs/validation.md'), 'utf8');
const tests = [...new Set(page.match(/(?:packages|apps)\/[\w./-]+\.test\.ts/g) ?? [])];
type Entry = Readonly<Partial<Record<'measured' | 'below' | 'above' | 'within' | 'assertions', number>>>;
const measured = JSON.parse(readFileSync(join(ROOT, 'docs/validation/measured.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, readonly Entry[]>>>
>;

describe('docs/validation.md', () => {
  test('names tests, programs and files that are there', () => {
    expect(tests.length).toBeGreaterThan(20);
    const others = [...page.matchAll(/`((?:packages|bench)\/[\w./-]+\.mjs)`/g)].map(([, path]) => path);
    const links = [...page.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path]) => `docs/${path}`);
    for (const path of [...tests, ...others, ...links]) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  test('rests on figures of all tests it names', () => {
    expect(Object.keys(measured).sort()).toEqual([...tests].sort());
    for (const [file, entries] of Object.entries(measured)) {
      for (const [name, list] of Object.entries(entries)) {
        for (const { measured: value = Number.NaN, below, above, within } of list) {
          expect(value <= (below ?? within ?? Number.POSITIVE_INFINITY), `${file} ${name}`).toBe(true);
          expect(value >= (above ?? 0), `${file} ${name}`).toBe(true);
        }
      }
    }
  });

  test('tells of tests that still exist under their names', () => {
    for (const [file, entries] of Object.entries(measured)) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      const literal = Object.keys(entries)
        .map((name) => name.split(' > ').pop() as string)
        .filter((name) => source.includes(name));
      // names made in loops are not in the source as they are
      expect(literal.length > 0 || /it\(`|test\(`|test\.each|it\.each/.test(source), file).toBe(true);
    }
  });
});
