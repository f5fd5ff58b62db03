/**
 * Measures what an event costs by each way through a real Hive Router, and what the pace of callbacks costs, for the guide for operators of
 * gateways: `npm run docs:routers`, with `-t` some of them. `ROUTERS=print` prints the same and leaves the guide as it is.
 */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { costCases, costCells, costTable, measureCosts } from '../support/routers/costs.ts';
import { guide, readGuide, readTable, withRow, type MeasuredTable } from '../support/routers/guide.ts';
import { measurePace, paceCaseName, paceCases, paceCells, paceTable } from '../support/routers/pace-costs.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';

const asked = process.env['ROUTERS'] ?? '';
const measures = ['write', 'print'].includes(asked) ? test : test.skip;

const rows = [
  ...costCases.map((one) => ({
    ...{ what: 'an event by', name: one.what, table: costTable },
    measure: async () => costCells(await measureCosts(one)),
  })),
  ...paceCases.map((one) => ({
    ...{ what: 'a burst by', name: paceCaseName(one), table: paceTable },
    measure: async () => paceCells(await measurePace(one)),
  })),
];

async function note(table: MeasuredTable, name: string, cells: readonly string[]): Promise<void> {
  process.stdout.write(`${[name, ...cells].join(' | ')}\n`);
  if (asked === 'write') await writeFile(guide, await withRow(await readGuide(), table, name, cells));
}

describeThrough(hiveRouter, () => {
  measures.each(rows)(
    '$what $name',
    async ({ table, name, measure }) => note(table, name, await measure()),
    600_000,
  );
});

describe('the guide', () => {
  test.each([costTable, paceTable])('says what each costs: $heads', async ({ marks, names }) => {
    expect(readTable(await readGuide(), marks).map(([name]) => name)).toEqual(names);
  });
});
