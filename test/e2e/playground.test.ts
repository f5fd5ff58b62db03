/** Proves in a real browser that one token serves all that the playground asks, that errors are words, and that tabs and history stay. */
import { expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { tPage } from '../support/board-page.ts';
import { createDispatch } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(400_000);

const secret = { JWT_SECRET: 'a-secret-that-only-this-environment-knows' };

/** One button does both: which of the two it is going to do, it says. */
const play = (page: Page) => page.getByRole('button', { name: /^Execute query/ }).click();
const stop = (page: Page) => page.getByRole('button', { name: /^Stop query/ }).click();
const tabs = (page: Page) => page.locator('.graphiql-tab-button');
/** Resolves when there are those of the examples, and no others. */
const hasItsTabs = (page: Page) =>
  until(
    'the tabs are those of the examples',
    async () => (await tabs(page).allTextContents()).join() === 'Board,Create,List',
    90_000,
  );

/** Resolves when the editor has its operation. */
async function openTab(page: Page, name: string): Promise<void> {
  await tabs(page).getByText(name, { exact: true }).click();
  await shows(page, '.graphiql-query-editor', ` ${name} {`);
}

/** Resolves when an editor has this text. */
const shows = (page: Page, editor: string, text: string) =>
  until(
    `${editor} has ${text}`,
    async () => {
      const shown = await page.locator(`${editor} .view-lines`).first().textContent();
      // Long lines are broken, and what is broken is indented.
      return shown?.replaceAll(/\s+/g, ' ').includes(text);
    },
    90_000,
  );

const answered = (page: Page, text: string) => shows(page, '.graphiql-response', text);

async function enterToken(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Use it' }).click();
  await loaded;
}

test('a token entered once serves queries and subscriptions; tabs and history outlive the page', async () => {
  const server = await tServerProcess(secret);
  const { page, complaints, outside } = await tPage(`${server.url}/`);
  await page.getByText('none yet').waitFor();
  await enterToken(page, await server.client.token());
  await page.getByText('yours, as long as this tab lives').waitFor();
  await hasItsTabs(page);

  await openTab(page, 'Board');
  await play(page);
  await until('it is watched', async () => (await server.client.metric('dispatch_subscriptions')) === 1);
  await createDispatch(server.client, { prioridad: 'CRITICA' });
  await answered(page, '"prioridad": "CRITICA"');
  await stop(page);
  await until('it is left', async () => (await server.client.metric('dispatch_subscriptions')) === 0);
  await openTab(page, 'List');
  await play(page);
  await answered(page, '"despachos": [');

  await page.reload();
  await page.getByText('yours, as long as this tab lives').waitFor();
  await hasItsTabs(page);
  await page.getByRole('button', { name: /History/ }).click();
  await page.locator('.graphiql-history-item').getByText('List').first().waitFor();
  await page.locator('.graphiql-history-item').getByText('Board').first().waitFor();
  // Which tab was looked at last is stored a moment later, which may have been too late.
  await openTab(page, 'List');
  await play(page);
  await answered(page, '"despachos": [');
  expect({ complaints, outside }).toEqual({ complaints: [], outside: [] });
});

test('what goes wrong is said in words: no token, a bad one, no service', async () => {
  const server = await tServerProcess(secret);
  const { page } = await tPage(`${server.url}/`);
  await openTab(page, 'Board');
  await play(page);
  await answered(page, 'A valid token is needed. (4401). Enter a good token above.');
  await enterToken(page, 'not-a-token');
  await openTab(page, 'Board');
  await play(page);
  await answered(page, 'Enter a good token above.');
  await openTab(page, 'List');
  await play(page);
  await answered(page, 'UNAUTHENTICATED');

  await server.kill('SIGKILL');
  await play(page);
  await answered(page, 'is the service running?');
  await openTab(page, 'Board');
  await play(page);
  await answered(page, 'No connection to ws://');
});
