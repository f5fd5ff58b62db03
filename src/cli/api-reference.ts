/** The command `npm run docs:api`: writes docs/api-reference.md from the SDL. A test fails when that file is out of date. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatApiReference } from './api-reference/format.ts';
import { readSdlFiles } from './supergraph/sdl-files.ts';

const root = resolve(import.meta.dirname, '../..');

writeFileSync(resolve(root, 'docs/api-reference.md'), formatApiReference(readSdlFiles(root)));
