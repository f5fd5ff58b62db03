/** Measures what clients of both routers are told of each error code, and holds the guide for operators of gateways to it. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { errorCodes } from '../../src/lib/errors.ts';
import { tApolloRouter } from '../support/routers/apollo-router.ts';
import { endings, refusals, unreachable, type CodeCase } from '../support/routers/codes/cases.ts';
import { measure } from '../support/routers/codes/measure.ts';
import { tScene } from '../support/routers/codes/scene.ts';
import { neverTold, withCodes, type Column, type Measurements } from '../support/routers/codes/table.ts';
import { guide, readGuide } from '../support/routers/guide.ts';
import { tHiveRouter, ways, type Way } from '../support/routers/hive-router.ts';
import { apolloRouter, hiveRouter, type RouterProgram } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';

const cases: readonly CodeCase[] = [...refusals, ...endings];

test('each code is provoked behind the routers, or the guide says why it cannot be', async () => {
  const known = [...cases.map(({ code }) => code), ...Object.keys(unreachable)];
  expect([...new Set(known)].filter((code) => code !== undefined).toSorted()).toEqual(
    Object.keys(errorCodes).toSorted(),
  );
  expect((await readGuide()).replaceAll(/\s+/g, ' ')).toContain(neverTold);
});

describeThrough(apolloRouter, () => {
  let measured: Measurements;

  test('a query or mutation that is refused has our code, alone', async () => {
    const scene = await tScene(tApolloRouter);
    measured = await measure(scene, refusals, undefined).finally(() => scene.postgres.stop());
    expectOurCodes(measured);
  }, 120_000);

  test('what its clients are told is what the guide says (npm run docs:routers writes it)', () =>
    expectInGuide(apolloRouter, [{ head: 'a query or mutation', kind: 'ask', measured }]));
});

describeThrough(hiveRouter, () => {
  const measured: Partial<Record<Way, Measurements>> = {};

  test.each(ways)(
    'with subscriptions by %s: our code, and no stream ends as if that were all',
    async (way) => {
      const scene = await tScene((env) => tHiveRouter(way, env));
      const told = await measure(scene, cases, 'Server-Sent Events').finally(() => scene.postgres.stop());
      measured[way] = told;
      expectOurCodes(told);
      const normal = cases.filter((one) => told.get(one)?.watch?.includes('a normal end'));
      expect(normal.map(({ when }) => when)).toEqual([]);
      // Nobody is told twice.
      const twice = cases.filter((one) => told.get(one)?.watch?.filter((code) => code === one.code)[1]);
      expect(twice.map(({ when }) => when)).toEqual([]);
    },
    240_000,
  );

  test('what its clients are told is what the guide says (npm run docs:routers writes it)', () =>
    expectInGuide(hiveRouter, [
      { head: 'a query or mutation', kind: 'ask', measured: measured['event stream']! },
      ...ways.map((way) => ({
        head: `a subscription by ${way}`,
        kind: 'watch' as const,
        measured: measured[way]!,
      })),
    ]));
});

/** What is too large has a status other than 200, of which routers make an error of their own beside ours. */
function expectOurCodes(measured: Measurements): void {
  const told = refusals.map((one) => [one.when, measured.get(one)?.ask?.filter((code) => code !== ofStatus)]);
  expect(told).toEqual(refusals.map(({ code, when, ask }) => [when, ask && [code]]));
  const more = refusals.filter((one) => measured.get(one)?.ask?.includes(ofStatus));
  expect(more.map(({ code }) => code)).toEqual(['PAYLOAD_TOO_LARGE']);
}

const ofStatus = 'SUBREQUEST_HTTP_ERROR';

async function expectInGuide(router: RouterProgram, columns: readonly Column[]): Promise<void> {
  const page = await readGuide();
  const changed = await withCodes(page, router, columns);
  if (process.env['ROUTERS'] === 'write') await writeFile(guide, changed);
  else expect(page).toBe(changed);
}
