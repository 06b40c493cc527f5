/** The floors of the house: a package imports only what lies below it. */
const floor = (name, from, forbidden, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: forbidden },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-unresolvable',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src' },
      to: { couldNotResolve: true },
    },
    floor(
      'linalg-imports-nothing-above',
      '^packages/linalg/src',
      '^packages/(geodesy|formats|recovery|products|client)|^apps',
      'floor 1',
    ),
    floor(
      'geodesy-on-its-own',
      '^packages/geodesy/src',
      '^packages/(linalg|formats|recovery|products)|^apps',
      'floor 2',
    ),
    floor(
      'formats-below-recovery',
      '^packages/formats/src',
      '^packages/(recovery|products)|^apps',
      'floor 2',
    ),
    floor(
      'client-on-its-own',
      '^packages/client/src',
      '^packages/(linalg|geodesy|formats|recovery|products)|^apps|^(node:)',
      'knows the API by its document only; runs in browsers too',
    ),
    floor('recovery-beside-products', '^packages/recovery/src', '^packages/products|^apps', 'floor 3'),
    floor('products-beside-recovery', '^packages/products/src', '^packages/recovery|^apps', 'floor 3'),
    floor('server-below-clients', '^apps/server/src', '^apps/(cli|web)', 'the server knows no client'),
    floor(
      'web-alone',
      '^apps/web/src',
      '^packages/(?!client)|^apps/(server|cli)',
      'the console talks HTTP only',
    ),
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'geodesy, recovery and products do no I/O: data in, data out',
      from: { path: '^packages/(geodesy|recovery|products)/src' },
      to: { path: '^(node:)?(fs|http|https|net|child_process|dgram|tls)(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|test|node_modules|wasm)/' },
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
