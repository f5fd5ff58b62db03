/** Checks what CONTRIBUTING says about the minutes of CI. */

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

export interface CiFacts {
  /** The parts of `.ci/run`. */
  readonly parts: readonly string[];
  /** The npm scripts of the project, and what they run. */
  readonly scripts: Readonly<Record<string, string>>;
  /** The date of today as YYYY-MM-DD. */
  readonly today: string;
}

const budgetMinutes = 60;
const section = /^## What CI has time for$\n([^]*?)(?=^## |$(?![^]))/m;
/**
 * Whether a script runs a suite. Each suite is either a part of CI, or run by hand. A folder of tests by itself is a share of
 * `npm test`.
 */
const isSuite = ([script, command]: readonly [string, string]) =>
  /^(test|bench)\b/.test(script) && !/^node test\/run\.ts test\/\w+\/$/.test(command);

/** The rows of the tables of a section, by the name in their first cell. */
function readTables(page: string): Row[][] {
  const tables = (section.exec(page)?.[1] ?? '').match(/(^\|.*\n)+/gm) ?? [];
  return tables.map((table) =>
    table
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => {
        const [first = '', ...cells] = line.split('|').slice(1, -1);
        return {
          name: /^ *`(.+)` *$/.exec(first)?.[1] ?? first.trim(),
          cells: cells.map((cell) => cell.trim()),
        };
      }),
  );
}

/** What is wrong with the page, as sentences. */
export function findProblems(page: string, { parts, scripts, today }: CiFacts): string[] {
  const [budget = [], byHand = []] = readTables(page);
  const named = budget.map(({ name }) => name);
  const minutes = budget.map(({ cells }) => Number(cells[0] || NaN));
  const sum = minutes.reduce((total, each) => total + each, 0);
  const suites = byHand.map(({ name }) => /^npm run (\S+)/.exec(name)?.[1] ?? name);
  return [
    ...parts.filter((part) => !named.includes(part)).map((part) => `${part} has no row.`),
    ...named.filter((name) => !parts.includes(name)).map((name) => `${name} is no part of .ci/run.`),
    ...budget.filter((_, at) => !(minutes[at]! > 0)).map(({ name }) => `${name} has no minutes.`),
    ...(sum > budgetMinutes
      ? [`All parts together may take ${sum} minutes: more than ${budgetMinutes}.`]
      : []),
    ...Object.entries(scripts)
      .filter((each) => isSuite(each))
      .map(([script]) => script)
      .filter((script) => !parts.includes(script) && !suites.includes(script))
      .map((script) => `${script} is neither a part of .ci/run nor run by hand.`),
    ...suites
      .filter((suite) => !Object.hasOwn(scripts, suite))
      .map((suite) => `There is no script ${suite}.`),
    ...byHand.flatMap((row) => findUnproven(row, today)),
  ];
}

function findUnproven({ name, cells }: Row, today: string): string[] {
  const [, lastRun = '', shown = ''] = cells;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(lastRun) && !Number.isNaN(Date.parse(lastRun));
  return [
    ...(isDate && lastRun <= today ? [] : [`${name} does not say when it was last run.`]),
    ...(shown === '' ? [`${name} does not say what it showed.`] : []),
  ];
}
