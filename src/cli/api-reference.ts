/** The command `npm run docs:api`: writes docs/api-reference.md from the SDL. A test fails when that file is out of date. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatApiReference } from './api-reference/format.ts';
import { parseCommandLine, runCommand } from './command.ts';
import { readSdlFiles } from './supergraph/sdl-files.ts';

const usage = `Writes docs/api-reference.md from the descriptions in schema/.

  npm run docs:api

  --help   this text
`;

const root = resolve(import.meta.dirname, '../..');

function run(args: readonly string[]): number {
  parseCommandLine(args, {});
  writeFileSync(resolve(root, 'docs/api-reference.md'), formatApiReference(readSdlFiles(root)));
  return 0;
}

await runCommand({ usage, run });
