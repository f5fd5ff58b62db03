/** What was tested on which programs, and when: kept as data by the runs themselves, and told in a table of the deployment guide. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { testedSets } from './sets.ts';

const file = resolve(import.meta.dirname, 'tested.json');
export const page = resolve(import.meta.dirname, '../../docs/deployment.md');
const begin = '<!-- tested: npm run test:on -->';
const end = '<!-- end of tested -->';

/** The last run on a program whose tests all passed. */
export interface TestedRun {
  /** The name of a set, or the version of Node that was asked for, such as `26`. */
  readonly on: string;
  /** What it was, with its version, as it says itself. */
  readonly versions: string;
  readonly proves: string;
  readonly tests: number;
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
}

/** Name and version of a program, as it says itself. */
export function versionOf(program: string, env: NodeJS.ProcessEnv = process.env): string {
  const said = execFileSync(program, ['--version'], { encoding: 'utf8', env });
  const [, name = 'Node', version] = /^(?:.*?(Redis|Valkey|PostgreSQL))?\D*(\d+(?:\.\d+)+)/.exec(said) ?? [];
  if (version === undefined) throw new Error(`${program} does not say which version it is: ${said}`);
  return `${name} ${version}`;
}

export const readTested = (): readonly TestedRun[] => JSON.parse(readFileSync(file, 'utf8')) as TestedRun[];

/** Takes the place of the run before it on the same program. */
export function writeTested(run: TestedRun): void {
  const order = testedSets.map(({ name }) => name);
  const placeOf = ({ on }: TestedRun) => (order.includes(on) ? order.indexOf(on) : order.length);
  const runs = [...readTested().filter(({ on }) => on !== run.on), run];
  runs.sort((one, other) => placeOf(one) - placeOf(other));
  writeFileSync(file, `${JSON.stringify(runs, null, 2)}\n`);
}

/** The page with the table of the runs as they are noted. */
export async function withTable(text: string): Promise<string> {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  const runs = readTested();
  const rows = runs.map(
    ({ on, versions, proves, tests, date }) =>
      `| ${versions} | ${proves}: \`npm run test:on -- ${on}\` | ${tests} | ${date} |`,
  );
  const missing = testedSets.filter(({ name }) => !runs.some(({ on }) => on === name));
  rows.push(...missing.map(({ name, proves }) => `| ${name} | ${proves} | – | not yet as a whole |`));
  const head = ['| runs on | what was tested | tests | last |', '| --- | --- | ---: | --- |'];
  const base =
    '| Node 24, Redis 7 and PostgreSQL 15 of Debian 12 | everything, with Redis Cluster, Sentinel and pgbouncer: `npm test` | all | every commit |';
  const changed = `${text.slice(0, from)}${[begin, [...head, base, ...rows].join('\n')].join('\n\n')}\n\n${text.slice(to)}`;
  return format(changed, { ...(await resolveConfig(page)), parser: 'markdown' });
}

export const writeTable = async (): Promise<void> =>
  writeFileSync(page, await withTable(readFileSync(page, 'utf8')));
