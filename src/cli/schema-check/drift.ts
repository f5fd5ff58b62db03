/** Finds generated files that are out of date: those that differ from what codegen makes of schema/ now. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { mergedSdlPath, mergeSdl, readSdlFiles } from '../supergraph/sdl-files.ts';

/** The files that `npm run codegen` would change. `root` must be the working directory: codegen.ts reads from there. */
export async function findDrift(root: string): Promise<readonly string[]> {
  const { default: config } = (await import(pathToFileURL(join(root, 'codegen.ts')).href)) as {
    readonly default: CodegenConfig;
  };
  const generated = (await generate({ ...config, cwd: root, silent: true, errorsOnly: true }, false)) as {
    readonly filename: string;
    readonly content: string;
  }[];
  const files = [
    ...generated.map(({ filename, content }) => ({ path: relative(root, join(root, filename)), content })),
    { path: mergedSdlPath, content: mergeSdl(readSdlFiles(root)) },
  ];
  return files.filter(({ path, content }) => readText(join(root, path)) !== content).map(({ path }) => path);
}

function readText(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
