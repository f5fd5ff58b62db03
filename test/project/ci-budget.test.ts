/** Proves that README and CONTRIBUTING agree with `.ci/run`: the commands of its parts, their minutes, and what is run by hand. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findProblems, type CiFacts } from '../support/ci-budget.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(resolve(root, name), 'utf8');

const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const parts = execFileSync(resolve(root, '.ci/run'), ['--parts'], { encoding: 'utf8' }).trim().split('\n');
const facts: CiFacts = { parts, scripts, today: new Date().toISOString().slice(0, 10) };

/** The command that runs a part by hand. */
function commandOf(part: string): string {
  if (part === 'install') return 'npm ci';
  return part === 'test' ? 'npm test' : `npm run ${part}`;
}

describe('the minutes in CONTRIBUTING', () => {
  const page = read('CONTRIBUTING.md');
  const row = (part: string) => new RegExp(`^\\| \`${part}\`.*\\n`, 'm');

  test('are those of the parts of .ci/run, and at most sixty in sum', () =>
    expect(findProblems(page, facts)).toEqual([]));

  test.each([
    ['a part without a row', page.replace(row('check'), ''), ['check has no row.']],
    [
      'a row without a part',
      page.replace(row('check'), '$&| `lunch` | 1 | |\n'),
      ['lunch is no part of .ci/run.'],
    ],
    ['a row without minutes', page.replace(row('check'), '| `check` | | |\n'), ['check has no minutes.']],
    [
      'more than an hour',
      page.replace(row('check'), '| `check` | 59 | |\n'),
      [expect.stringMatching(/^All parts together may take \d+ minutes: more than 60\.$/)],
    ],
    [
      'a suite that nobody runs',
      page.replace(/^\| `npm run test:chaos`.*\n/m, ''),
      ['test:chaos is neither a part of .ci/run nor run by hand.'],
    ],
    [
      'a suite that is run by hand, and never was',
      page.replace(/^\| `npm run test:chaos`.*\n/m, '| `npm run test:chaos` | 4 | soon | |\n'),
      [
        'npm run test:chaos does not say when it was last run.',
        'npm run test:chaos does not say what it showed.',
      ],
    ],
    [
      'a command that is gone',
      page.replace('`npm run bench`', '`npm run race`'),
      ['There is no script race.'],
    ],
  ])('are refused with %s', (_, changed, problems) => {
    expect(changed).not.toBe(page);
    expect(findProblems(changed, facts)).toEqual(problems);
  });
});

describe.each(['README.md', 'CONTRIBUTING.md'])('%s', (name) => {
  const page = read(name);

  test('names the command of each part of .ci/run, and .ci/run itself', () => {
    for (const command of [...parts.map(commandOf), '.ci/run']) expect(page).toContain(command);
  });

  test('names only scripts that exist', () => {
    const named = [...page.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script]) => script);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((script) => !(script! in scripts))).toEqual([]);
  });
});

test('.ci/run is made of npm scripts, each once', () => {
  expect(parts[0]).toBe('install');
  expect(parts.filter((part, at) => parts.indexOf(part) !== at)).toEqual([]);
  expect(parts.slice(1).filter((part) => !(part in scripts))).toEqual([]);
});
