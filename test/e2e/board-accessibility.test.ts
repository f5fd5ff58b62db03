/** Proves with axe in a real browser that the board can be used by everybody, in both languages, light and dark, and on a phone. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { tPage } from '../support/board-page.ts';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { assign, createDispatch, report } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';

jest.setTimeout(400_000);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds, each with the element that it finds it of. */
async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${axe}; undefined`);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>('axe.run()');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

test('axe finds nothing: light, dark, in Spanish, with a dispatch selected, with each dialog open, and on a phone', async () => {
  const server = await tServerProcess({ RECEIPT_INTERVAL_MS: '50', ALERT_UNDELIVERED_MS: '2100' });
  const places = [0, 1, 2].map((index) => ({ latitud: -16.5 + index / 100, longitud: -68.15 }));
  const ids = [];
  for (const origen of places)
    ids.push(
      await createDispatch(server.client, {
        origen: { ...origen, direccion: 'Calle Jaén 710' },
        prioridad: 'ALTA',
      }),
    );
  await assign(server.client, ids[0]!, 'A-7');
  const boardToken = await server.client.token();
  const url = `${server.url}/board#id=${ids[0]}`;

  const { page, connection } = await tPage(url, { boardToken });
  await connection('live');
  await page.locator('.step[data-version="2"]').waitFor();
  await createDispatch(server.client, { prioridad: 'CRITICA' });
  await page.locator('.alarm').waitFor();
  await page.locator('.open-alert').waitFor();
  await page.locator('[data-fact="answer"][data-delivery]').waitFor();
  await page.getByText('Filters', { exact: true }).click();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await findViolations(page)).toEqual([]);
  }
  for (const name of ['Time limits', 'Token']) {
    await page.getByRole('button', { name }).click();
    expect(await findViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  }

  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const onPhone = await tPage(url, { boardToken, locale: 'es', reducedMotion: 'reduce', ...phone });
  await onPhone.connection('live');
  await onPhone.page.locator('.step[data-version="2"]').waitFor();
  await onPhone.page.getByText('sin respuesta todavía · sin entregar').waitFor();
  await onPhone.page.getByText('Sin entregar A-7').waitFor();
  expect(await findViolations(onPhone.page)).toEqual([]);
});

test('a position that is late is said to screen readers', async () => {
  const clock = new ManualClock(Date.now());
  const app = await tApp({}, { clock });
  const [late, fresh] = [await createDispatch(app), await createDispatch(app)];
  for (const [id, unit] of [
    [late, 'A-7'],
    [fresh, 'A-8'],
  ] as const)
    await assign(app, id, unit);
  await report(app, late, -16.51);
  await clock.advance(120_000);
  await report(app, fresh, -16.52);
  const { page, connection } = await tPage(`${app.url}/board`, { boardToken: await app.token() });
  await connection('live');
  const announced = page.locator('[data-part="late-announcer"]');
  await announced.getByText('No position for a while: A-7.').waitFor({ state: 'attached' });
  await report(app, late, -16.53);
  await page.locator(`.row[data-id="${late}"]:not([data-late])`).waitFor();
});
