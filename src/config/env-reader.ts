/** Reads environment variables by their form, and collects everything that is wrong with them. */

import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one variable. */
export interface EnvProblem {
  readonly variable: string;
  /** What is wrong: the rest of a sentence that begins with the name of the variable. */
  readonly problem: string;
  /** What may be there instead. */
  readonly allowed: string;
}

/** `fallback` is the value where there is none, or null. */
export interface NumberRule<F extends number | null = number> {
  readonly fallback: F;
  readonly min: number;
  readonly max: number;
}

/**
 * Reads variables one by one. Values are trimmed, and an empty one counts as unset. A value that is not allowed is noted as
 * a problem and counts as unset too, so that reading goes on and all problems are found together.
 */
export class EnvReader {
  readonly #env: Environment;
  readonly #names = new Set<string>();
  readonly #problems: EnvProblem[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The names of all variables that were read so far. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  get problems(): readonly EnvProblem[] {
    return this.#problems;
  }

  refuse(variable: string, problem: string, allowed: string): void {
    this.#problems.push({ variable, problem, allowed });
  }

  text(name: string): string | null {
    this.#names.add(name);
    return this.#env[name]?.trim() || null;
  }

  /** A text that matches a pattern. */
  matching(name: string, pattern: RegExp, allowed: string): string | null {
    const value = this.text(name);
    if (value === null || pattern.test(value)) return value;
    this.refuse(name, `is ${quote(value)}`, allowed);
    return null;
  }

  integer<F extends number | null = number>(name: string, rule: NumberRule<F>): number | F {
    return this.#number(name, rule, /^-?\d{1,15}$/, 'an integer');
  }

  /** A number that need not be whole. */
  decimal(name: string, rule: NumberRule): number {
    return this.#number(name, rule, /^-?\d{1,15}(\.\d{1,15})?$/, 'a number');
  }

  choice<const C extends string>(name: string, choices: readonly C[], fallback: C): C {
    const value = this.text(name);
    if (value === null) return fallback;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) this.refuse(name, `is ${quote(value)}`, choices.join(', '));
    return chosen ?? fallback;
  }

  /** Words that are separated by commas; the word `none` alone is the empty list. Null when unset. */
  list(name: string): readonly string[] | null {
    const value = this.text(name);
    if (value === null) return null;
    if (value === 'none') return [];
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }

  /** The text of the file that the variable names. */
  file(name: string): string | null {
    const path = this.text(name);
    return path === null ? null : this.#readFile(name, path);
  }

  /** The texts of the files that the variable names, separated by commas. Empty when unset, or when one cannot be read. */
  files(name: string): readonly string[] {
    const texts = (this.list(name) ?? []).map((path) => this.#readFile(name, path));
    return texts.some((text) => text === null) ? [] : (texts as readonly string[]);
  }

  /** A URL. A problem never shows its value, which may contain a password. */
  url(name: string, protocols: readonly string[]): URL | null {
    return this.urls(name, protocols, 1)[0] ?? null;
  }

  /** URLs that are separated by commas. Empty when unset, or when one of them is not allowed. */
  urls(name: string, protocols: readonly string[], maxCount = Infinity): readonly URL[] {
    const value = this.text(name);
    if (value === null) return [];
    const texts = maxCount === 1 ? [value] : value.split(',').map((text) => text.trim());
    const urls = texts.map((text) => URL.parse(text));
    const valid = urls.filter((url): url is URL => url !== null && protocols.includes(url.protocol));
    if (valid.length === urls.length) return valid;
    const form = protocols.map((protocol) => `${protocol}//…`).join(' or ');
    this.refuse(name, 'is not such a URL', maxCount === 1 ? form : `${form}, comma-separated`);
    return [];
  }

  #readFile(name: string, path: string): string | null {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      this.refuse(name, `names a file that cannot be read (${code})`, 'the path of a file');
      return null;
    }
  }

  #number<F extends number | null>(
    name: string,
    { fallback, min, max }: NumberRule<F>,
    pattern: RegExp,
    what: string,
  ): number | F {
    const value = this.text(name);
    if (value === null) return fallback;
    const number = pattern.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return number;
    this.refuse(name, `is ${quote(value)}`, `${what} from ${min} to ${max}`);
    return fallback;
  }
}

/** A URL without what may be secret: user, password, query and fragment. */
export function urlWithoutSecrets({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
