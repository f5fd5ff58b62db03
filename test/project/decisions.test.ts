/** Proves that each row of docs/decisions has a record, each record a row, and that all records are complete. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const folder = new URL('../../docs/decisions/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const records = readdirSync(folder).filter((name) => name !== 'README.md');

interface Row {
  readonly number: number;
  readonly file: string;
  readonly decision: string;
  readonly insteadOf: string;
  readonly date: string;
}

const rowPattern = /^\| \[(\d+)\]\(([\w.-]+)\) +\| (.+?) +\| (.+?) +\| (\S+) \|$/gm;
const rows = [...read('README.md').matchAll(rowPattern)].map(
  ([, number, file, decision, insteadOf, date]) =>
    ({ number: Number(number), file, decision, insteadOf, date }) as Row,
);

test('each row has a record, and each record a row, by their numbers', () => {
  expect(rows.map(({ file }) => file)).toEqual(records.sort());
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  for (const { number, file } of rows) expect(file).toMatch(new RegExp(`^${`${number}`.padStart(4, '0')}-`));
});

test('the architecture links to them', () => {
  expect(readFileSync(new URL('../architecture.md', folder), 'utf8')).toContain('](decisions/README.md)');
});

describe.each(rows)('decision $number', ({ file, decision, date }) => {
  const text = read(file);

  test('is titled and dated as in the table', () => {
    expect(text.split('\n', 1)).toEqual([`# ${decision}`]);
    expect(text).toContain(`\n\n${date} · `);
    expect(text).toMatch(/ · (in force|replaced by \[\d+\]\([\w.-]+\)|replaces \[\d+\]\([\w.-]+\))$/m);
  });

  test('says what the question was, what was decided, what else was considered, and what would change it', () => {
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      'Context',
      'Decision',
      'What else was considered',
      'What would change our mind',
    ]);
    for (const section of sections) expect(section.split('\n').slice(1).join(' ').trim()).toMatch(/\.$/);
    expect(sections[2]!.match(/^- \*\*/gm)?.length).toBeGreaterThanOrEqual(2);
  });

  test('is short, and its links work', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(45);
    for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g)) expect(records).toContain(target);
  });
});
