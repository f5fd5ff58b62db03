/** Reads the SDL files of schema/, and merges them into the one file that composition reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SdlFile {
  /** Relative to the project, with slashes: `schema/dispatch.graphql`. */
  readonly path: string;
  readonly text: string;
}

export interface SourceLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

export const schemaFolder = 'schema';

/** Rover and other tools read one file for each subgraph, so the files of schema/ are also merged into this one. */
export const mergedSdlPath = 'supergraph/websocket.graphql';

export function readSdlFiles(root: string): readonly SdlFile[] {
  return readdirSync(join(root, schemaFolder))
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => {
      const path = `${schemaFolder}/${name}`;
      return { path, text: readFileSync(join(root, path), 'utf8') };
    });
}

const header = '# Made of schema/ by `npm run codegen`: change it there.';
const mark = '# file: ';

/** Joins the files unchanged, each after a line with its name. */
export function mergeSdl(files: readonly SdlFile[]): string {
  const parts = files.map(({ path, text }) => `${mark}${path}\n\n${text.trim()}\n`);
  return [`${header}\n`, ...parts].join('\n');
}

/** The file and line from which a line of a merged text comes; undefined when the text was not merged by `mergeSdl`. */
export function originOf(merged: string, line: number): SourceLine | undefined {
  const above = merged.split('\n').slice(0, line);
  const marked = above.findLastIndex((text) => text.startsWith(mark));
  if (marked < 0) return undefined;
  // After the mark there is an empty line, then the first line of the file.
  return { file: above[marked]!.slice(mark.length), line: line - marked - 2 };
}
