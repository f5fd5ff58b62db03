/** Finds generated files that are out of date: those that differ from what codegen makes of schema/ now. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { mergedSdlPath, mergeSdl, readSdlFiles, type SourceLine } from '../supergraph/sdl-files.ts';

/** What codegen reads: the second one belongs to a package that need not be there. */
const configFiles = ['codegen.ts', 'packages/live/codegen.ts'];

interface GeneratedFile {
  /** Relative to the root. */
  readonly path: string;
  /** Null where it can no longer be made. */
  readonly content: string | null;
}

/**
 * The lines from which on `npm run codegen` would write something else, one of each file; the first one where a file cannot be made any
 * more. `root` must be the working directory: codegen.ts reads from there. `invalid` are the files with operations that the schema
 * does not accept: codegen makes nothing of what stands beside them.
 */
export async function findDrift(root: string, invalid: readonly string[]): Promise<readonly SourceLine[]> {
  const present = configFiles.filter((file) => existsSync(join(root, file)));
  const files = (await Promise.all(present.map((file) => makeAll(root, file, invalid)))).flat();
  files.push({ path: mergedSdlPath, content: mergeSdl(readSdlFiles(root)) });
  return files.flatMap(({ path, content }) => {
    const committed = readText(join(root, path));
    return committed === content ? [] : [{ file: path, line: firstDifference(committed, content) }];
  });
}

async function makeAll(
  root: string,
  file: string,
  invalid: readonly string[],
): Promise<readonly GeneratedFile[]> {
  const { default: config } = (await import(pathToFileURL(join(root, file)).href)) as {
    readonly default: CodegenConfig;
  };
  const invalidFolders = new Set(invalid.map((path) => dirname(path)));
  // Which operation it is, and what is wrong with it, is said of the operations.
  if (foldersOf(config).some((folder) => invalidFolders.has(folder)))
    return Object.keys(config.generates).map((path) => ({ path, content: null }));
  const made = (await generate({ ...config, cwd: root, silent: true, errorsOnly: true }, false)) as {
    readonly filename: string;
    readonly content: string;
  }[];
  return made.map(({ filename, content }) => ({ path: relative(root, join(root, filename)), content }));
}

/** Where a configuration has its operations from. */
function foldersOf({ generates }: CodegenConfig): readonly string[] {
  const patterns = Object.values(generates).flatMap((output) =>
    'documents' in output ? [output.documents].flat() : [],
  );
  return patterns.filter((pattern) => typeof pattern === 'string').map((pattern) => dirname(pattern));
}

function firstDifference(committed: string | null, made: string | null): number {
  if (committed === null || made === null) return 1;
  const [lines, others] = [committed.split('\n'), made.split('\n')];
  return lines.findIndex((line, index) => line !== others[index]) + 1 || lines.length;
}

function readText(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
