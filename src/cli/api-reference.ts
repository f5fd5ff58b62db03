/** Owns `npm run docs:api`: writes docs/api-reference.md as the SDL says it. A test says whether it still does. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatApiReference } from './api-reference/format.ts';
import { readSdlFiles } from './supergraph/sdl-files.ts';

const root = resolve(import.meta.dirname, '../..');

writeFileSync(resolve(root, 'docs/api-reference.md'), formatApiReference(readSdlFiles(root)));
