/** Owns `npm run docs:api`: docs/api-reference.md as the SDL says it, or whether it still does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatApiReference } from './api-reference/format.ts';
import { readSdlFiles } from './supergraph/sdl-files.ts';

const path = 'docs/api-reference.md';
const root = resolve(import.meta.dirname, '../..');

const reference = formatApiReference(readSdlFiles(root));
if (!process.argv.includes('--check')) writeFileSync(resolve(root, path), reference);
else if (readFileSync(resolve(root, path), 'utf8') !== reference) {
  process.stderr.write(`${path} does not match schema/: run npm run docs:api and commit what it writes.\n`);
  process.exitCode = 1;
}
