/**
 * Turns published coefficient tables into the data modules of src/.
 *
 * usage: node scripts/generate-tables.mjs ERFA_SOURCE_FOLDER LOAD_LOVE_FILE
 *
 * ERFA_SOURCE_FOLDER holds nut00a.c, s06.c and dtdb.c (ERFA 2.0.1, in the source distribution of the Python
 * package pyerfa 2.0.1.5: liberfa/erfa/src). LOAD_LOVE_FILE has the columns degree, h, l, k. Only numbers are
 * taken; nothing of the programs is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [erfa, loveFile] = process.argv.slice(2);
if (!erfa || !loveFile) throw new Error('usage: generate-tables.mjs ERFA_SOURCE_FOLDER LOAD_LOVE_FILE');
const src = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', 'src');

/** Rows of numbers of the C array whose declaration contains `name`. */
function table(file, name) {
  const text = readFileSync(join(erfa, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const start = text.indexOf(name);
  if (start < 0) throw new Error(`${file}: no array "${name}"`);
  const body = text.slice(text.indexOf('{', start + name.length) + 1, text.indexOf('};', start));
  // Rows of s06.c nest the multipliers in braces of their own.
  const flat = body.replace(/{\s*{([^}]*)}/g, '{$1');
  const rows = [...flat.matchAll(/{([^{}]*)}/g)].map((m) =>
    m[1].match(/-?\s*[\d.]+(?:[eE][-+]?\d+)?/g).map((v) => Number(v.replace(/\s/g, ''))),
  );
  return rows;
}

const lines = (rows) => rows.map((row) => row.join(' ')).join('\n');
const module = (doc, parts) =>
  `/**\n${doc.map((l) => ` * ${l}`).join('\n')}\n * Written by scripts/generate-tables.mjs; do not edit.\n */\n` +
  parts.map(([n, d, rows]) => `/** ${d} */\nexport const ${n} = \`\n${lines(rows)}\n\`;\n`).join('\n');

const luniSolar = table('nut00a.c', 'xls[] =');
const planetary = table('nut00a.c', 'xpl[] =');
if (luniSolar.length !== 678 || planetary.length !== 687) {
  throw new Error(
    `nut00a.c: ${luniSolar.length} luni-solar and ${planetary.length} planetary terms, not 678 and 687`,
  );
}
writeFileSync(
  join(src, 'frames/tables/nutation-2000a.ts'),
  module(
    [
      'Nutation series IAU 2000A (MHB2000; Mathews, Herring & Buffett 2002, J. Geophys. Res. 107, B4).',
      'Numbers as tabulated in ERFA 2.0.1 (nut00a). Unit of the coefficients: 0.1 µas, t in Julian centuries TT.',
    ],
    [
      ['LUNI_SOLAR', "Columns: l l' F D Ω | Δψ: sin, t·sin, cos | Δε: cos, t·cos, sin.", luniSolar],
      [
        'PLANETARY',
        'Columns: l F D Ω LMe LVe LE LMa LJ LSa LU LNe pA | Δψ: sin, cos | Δε: sin, cos.',
        planetary,
      ],
    ],
  ),
);

// ERFA holds s in arcseconds written as µas × 1e-6: back to µas.
const sTerms = [0, 1, 2, 3, 4].flatMap((power) =>
  table('s06.c', `TERM s${power}[] =`).map((row) => [
    power,
    ...row.slice(0, 8),
    ...row.slice(8).map((v) => Number((v * 1e6).toFixed(4))),
  ]),
);
writeFileSync(
  join(src, 'frames/tables/cio-locator.ts'),
  module(
    [
      'Series of s + XY/2 (Capitaine, Wallace & McCarthy 2003, with IAU 2006 precession; IERS Conventions 2010,',
      'table 5.2d). Numbers as tabulated in ERFA 2.0.1 (s06). Unit: µas, t in Julian centuries TT.',
    ],
    [['CIO_LOCATOR', "Columns: power of t | l l' F D Ω LVe LE pA | sin, cos.", sTerms]],
  ),
);

const love = readFileSync(loveFile, 'utf8')
  .split('\n')
  .map((l) =>
    l
      .trim()
      .split(/\s+/)
      .map((v) => Number(v.replace(/[dD]/, 'e'))),
  )
  .filter((row) => row.length === 4 && row.every(Number.isFinite));
love.forEach((row, n) => {
  if (row[0] !== n) throw new Error(`${loveFile}: degree ${row[0]} where ${n} was expected`);
});
writeFileSync(
  join(src, 'love/tables/load-love-prem.ts'),
  module(
    [
      'Elastic load Love numbers of the Earth model PREM (Dziewonski & Anderson 1981), computed by P. Gegout',
      '(1997), degree 1 in the frame of the centre of mass of the whole Earth (CM).',
    ],
    [['LOAD_LOVE_PREM_CM', 'Columns: h l k; first line is degree 0.', love.map((row) => row.slice(1))]],
  ),
);
console.log(
  `${luniSolar.length} + ${planetary.length} nutation terms, ${sTerms.length} terms of s, Love to ${love.length - 1}`,
);
