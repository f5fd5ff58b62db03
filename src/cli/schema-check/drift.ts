/** Finds generated files that are out of date: those that differ from what codegen makes of schema/ now. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { mergedSdlPath, mergeSdl, readSdlFiles } from '../supergraph/sdl-files.ts';

/** What codegen reads: the second one belongs to a package that need not be there. */
const configFiles = ['codegen.ts', 'packages/live/codegen.ts'];

interface GeneratedFile {
  /** Relative to the root. */
  readonly path: string;
  /** Null where it can no longer be made. */
  readonly content: string | null;
}

/** The files that `npm run codegen` would change, or can no longer make. `root` must be the working directory: codegen.ts reads from there. */
export async function findDrift(root: string): Promise<readonly string[]> {
  const present = configFiles.filter((file) => existsSync(join(root, file)));
  const files: GeneratedFile[] = (await Promise.all(present.map((file) => makeAll(root, file)))).flat();
  files.push({ path: mergedSdlPath, content: mergeSdl(readSdlFiles(root)) });
  return files.filter(({ path, content }) => readText(join(root, path)) !== content).map(({ path }) => path);
}

async function makeAll(root: string, file: string): Promise<readonly GeneratedFile[]> {
  const { default: config } = (await import(pathToFileURL(join(root, file)).href)) as {
    readonly default: CodegenConfig;
  };
  try {
    const made = (await generate({ ...config, cwd: root, silent: true, errorsOnly: true }, false)) as {
      readonly filename: string;
      readonly content: string;
    }[];
    return made.map(({ filename, content }) => ({ path: relative(root, join(root, filename)), content }));
  } catch (error) {
    // Which operation it is, and what is wrong with it, is said of the operations.
    if (!String(error).includes('GraphQL Document Validation failed')) throw error;
    return Object.keys(config.generates).map((path) => ({ path, content: null }));
  }
}

function readText(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
