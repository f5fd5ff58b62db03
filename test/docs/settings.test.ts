/** Proves that each setting with a value, as pages show them, is one that the service takes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { ConfigError, configVariables, parseConfig } from '../../src/config/config.ts';

const root = resolve(import.meta.dirname, '../..');
const pages = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** A name and its value, without the end of a sentence. */
const written = /\b([A-Z][A-Z0-9_]+)=([^\s`'"()|;]+?)(?=[.,:]?(?:[\s`'"()|;]|$))/gm;
const names = new Set(configVariables());
const settings = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(written)]
    .map(([, name, value]) => ({ page, name: name!, value: value! }))
    .filter(({ name }) => names.has(name)),
);

/** What is wrong with the value itself; that it wants another setting beside it is said elsewhere on the page. */
function problemWith(name: string, value: string): string | null {
  try {
    parseConfig({ [name]: value });
    return null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const own = error.problems.find(({ variable, problem }) => variable === name && /^is "/.test(problem));
    return own ? `${own.problem}: ${own.allowed}` : null;
  }
}

test('a setting that is not taken is noticed', () => {
  expect(problemWith('JWT_REQUIRE_EXP', 'false')).toBe('is "false": on, off');
});

test('each value that a page gives a setting is taken', () => {
  expect(settings.length).toBeGreaterThan(20);
  const wrong = settings.map(({ page, name, value }) => ({ page, name, problem: problemWith(name, value) }));
  expect(wrong.filter(({ problem }) => problem !== null)).toEqual([]);
});
