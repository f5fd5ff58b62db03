/** Reads a file of variables, and refuses it where one of its lines would not be taken for what it says. */
import { lstatSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { EnvProblem } from '../env-reader.ts';

export type EnvFile =
  { readonly variables: Readonly<Record<string, string>> } | { readonly problem: EnvProblem };

/** No file at all has no variables; one that cannot be read, or not in full, is a problem. */
export function readEnvFile(path: string): EnvFile {
  const problem = (says: string, allowed: string) => ({
    problem: { variable: path, problem: says, allowed },
  });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isThere(path)) return { variables: {} };
    const why = code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    return problem(why, 'a file that this user may read, or none');
  }
  const text = decode(bytes);
  if (text === null)
    return problem(
      `is no text in UTF-8${hasNul(bytes) ? ', but in UTF-16, as PowerShell writes it with >' : ''}`,
      'UTF-8, with or without a byte order mark',
    );
  const wrong = findWrongLine(text);
  if (wrong) return problem(`line ${wrong.line} ${wrong.says}`, 'NAME=value, # and a comment, or nothing');
  return { variables: parseEnv(text) as Record<string, string> };
}

/** A link whose file is missing is there. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const hasNul = (bytes: Buffer): boolean => bytes.includes(0);

/** Without its byte order mark; null where it is no text. */
function decode(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return hasNul(bytes) ? null : text;
  } catch {
    return null;
  }
}

/** One assignment, with what follows it up to the end of its line. A value in quotes may go on over several lines. */
const assignment = /[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*/y;
const quoted = /(["'`])[^]*?\1[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
const plain = /[^\n]*/y;
const nothing = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y;

interface WrongLine {
  readonly line: number;
  /** Without what stands there, which may be a secret. */
  readonly says: string;
}

/** Node passes over what it cannot read, and so would start with less than was asked for. */
function findWrongLine(content: string): WrongLine | undefined {
  const text = content.replaceAll('\r\n', '\n');
  let at = 0;
  const take = (form: RegExp): boolean => {
    form.lastIndex = at;
    if (!form.test(text)) return false;
    at = form.lastIndex;
    return true;
  };
  while (at < text.length) {
    const wrong = (says: string) => ({ line: text.slice(0, at).split('\n').length, says });
    if (!take(nothing)) {
      if (!take(assignment)) return wrong('is no assignment');
      if (/["'`]/.test(text[at] ?? '')) {
        if (!take(quoted)) return wrong('has a quote that is not closed, or something behind it');
      } else {
        const [value = ''] = text.slice(at).split('\n', 1);
        if (value.includes('\r')) return wrong('holds a carriage return, which ends no line');
        take(plain);
      }
    }
    at += 1;
  }
  return undefined;
}
