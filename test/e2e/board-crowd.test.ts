/** Proves in a real browser that a board with 2,000 active dispatches is hardly more work for it than one with 20. */
import { resolve } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { tBoard } from '../support/board-page.ts';
import { fillTo, keepMoving, type Unit } from '../support/crowd.ts';
import { measurePage } from '../support/page-costs.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(900_000);

const [few, many] = [20, 2_000];
const positionsPerSecond = 200;
const patienceMs = 240_000;
/** How many times as much the page with many may cost. Rows, signs and streams are those of what is seen, and dispatches are small. */
const most = { frameMs: 3, closeFrameMs: 3, heapBytes: 6, nodes: 6, listeners: 6, firstPaintMs: 4 } as const;

const size = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const };

/** The page while positions come in, and what it costs. */
async function measure(server: ServerProcess, units: readonly Unit[], count: number, picture?: string) {
  const devices = keepMoving(server.client, units, positionsPerSecond);
  const shown = await tBoard(server, size);
  await until('all are shown', async () => (await shown.count('active')) === count, patienceMs);
  await until('positions come in', async () => (await shown.count('positions')) > 50, patienceMs);
  const costs = await measurePage(shown.page);
  const closeFrameMs = await measureClose(shown.page);
  if (picture) {
    await shown.page.locator('.row').nth(3).click();
    await shown.page.locator('.step[data-version]').first().waitFor();
    await shown.page.screenshot({ path: picture });
  }
  const perSecond = await devices.stop();
  expect(shown.complaints).toEqual([]);
  await shown.page.close();
  return { costs: { ...costs, closeFrameMs }, perSecond };
}

/** The frames where the viewer is so close that dispatches are drawn each for itself, and move. */
async function measureClose(page: Page): Promise<number> {
  await page.locator('[data-part="pad"]').focus();
  await until(
    'signs are drawn',
    async () => {
      if ((await page.locator('.sign').count()) >= few / 2) return true;
      await page.keyboard.press('+');
      return false;
    },
    patienceMs,
  );
  const { frameMs } = await measurePage(page);
  await page.keyboard.press('0');
  return frameMs;
}

type Measured = Awaited<ReturnType<typeof measure>>;

const inWords = ({ costs, perSecond }: Measured, count: number) =>
  `${count} active, ${perSecond} positions a second: a frame each ${costs.frameMs.toFixed(1)} ms, close up ${costs.closeFrameMs.toFixed(1)} ms, ` +
  `${(costs.heapBytes / 1e6).toFixed(1)} MB, ${costs.nodes} nodes, first paint after ${costs.firstPaintMs.toFixed(0)} ms`;

test('2,000 active dispatches with 200 positions a second cost frames, memory and first paint little more than 20', async () => {
  const server = await tServerProcess();
  const first = await fillTo(server.client, { from: 0, count: few });
  const withFew = await measure(server, first, few);
  const others = await fillTo(server.client, { from: few, count: many });
  const picture = process.env['BOARD_SCREENSHOT']
    ? resolve(import.meta.dirname, '../../docs/board-2000.png')
    : undefined;
  const withMany = await measure(server, [...first, ...others], many, picture);
  process.stdout.write(`${inWords(withFew, few)}\n${inWords(withMany, many)}\n`);
  const ratios = Object.fromEntries(
    (Object.keys(most) as (keyof typeof most)[]).map((name) => [
      name,
      withMany.costs[name] / withFew.costs[name],
    ]),
  );
  process.stdout.write(
    `as ratios: ${JSON.stringify(ratios, (_, value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value) as unknown)}\n`,
  );
  for (const [name, bound] of Object.entries(most))
    expect([name, ratios[name]! <= bound]).toEqual([name, true]);
});
