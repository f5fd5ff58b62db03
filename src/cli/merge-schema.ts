/** A step of `npm run codegen` and `npm run supergraph`: writes all files of schema/ into the one file that composition reads. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { mergedSdlPath, mergeSdl, readSdlFiles } from './supergraph/sdl-files.ts';

const merged = mergeSdl(readSdlFiles('.'));
if (!existsSync(mergedSdlPath) || readFileSync(mergedSdlPath, 'utf8') !== merged) {
  mkdirSync(dirname(mergedSdlPath), { recursive: true });
  writeFileSync(mergedSdlPath, merged);
}
