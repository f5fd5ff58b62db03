/** Measures what an event costs by each way through a real Hive Router, for the guide for operators of gateways: `npm run docs:routers`. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import {
  costCases,
  costsIn,
  measureCosts,
  withCosts,
  type CostCase,
  type Costs,
} from '../support/routers/costs.ts';
import { guide, readGuide } from '../support/routers/guide.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';

const writes = process.env['ROUTERS'] === 'write';

describeThrough(hiveRouter, () => {
  const measured = new Map<CostCase, Costs>();

  (writes ? test : test.skip).each(costCases)(
    'by $what',
    async (one) => {
      measured.set(one, await measureCosts(one));
    },
    600_000,
  );

  test('the guide says what each costs', async () => {
    const page = await readGuide();
    if (writes) await writeFile(guide, await withCosts(page, measured));
    else expect(costsIn(page)).toEqual(costCases.map(({ what }) => what));
  });
});
