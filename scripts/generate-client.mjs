// Writes everything that is generated from the OpenAPI document of the built server: the document itself, the types and
// operations of packages/client, and postman_collection.json. `npm run generate:client`; with --check nothing is written
// and a difference is an error.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  apiSource,
  breakingChanges,
  postmanCollection,
  typesSource,
} from '../packages/client/dist/openapi/index.js';
import { readOpenApiDocument } from './openapi-document.mjs';

const document = await readOpenApiDocument();
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const files = {
  'packages/client/openapi.json': json(document),
  'packages/client/src/generated/types.ts': typesSource(document),
  'packages/client/src/generated/api.ts': apiSource(document),
  'postman_collection.json': json(postmanCollection(document)),
};
const old = [];
for (const [name, text] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if ((await readFile(path, 'utf8').catch(() => '')) === text) continue;
  old.push(name);
  if (process.argv.includes('--check')) continue;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
console.log(old.length === 0 ? 'everything is up to date' : `${old.join('\n')}`);

const released = JSON.parse(
  await readFile(new URL('../packages/client/released/v1.json', import.meta.url), 'utf8'),
);
const breaks = breakingChanges(released, document);
for (const line of breaks) console.error(`breaks clients of v1: ${line}`);
process.exit((process.argv.includes('--check') && old.length > 0) || breaks.length > 0 ? 1 : 0);
