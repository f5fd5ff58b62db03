/** Proves in a real browser that the board shows every change, even when the service is killed. */
import { resolve } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { tPage, type BoardPage, type ShownRow } from '../support/board-page.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { tRedis } from '../support/redis.ts';
import { tReplay } from '../support/replay-process.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(400_000);

const board = (server: ServerProcess) => `${server.url}/board`;
const isActive = ({ estado }: ShownRow) => !['COMPLETADO', 'CANCELADO'].includes(estado);

/** All dispatches, in the order of the board. */
async function readRecord(server: ServerProcess): Promise<ShownRow[]> {
  const query = '{ despachos(limit: 500) { id estado version } }';
  const { data } = await server.client.ask<{ despachos: ShownRow[] }>(query);
  return data!.despachos;
}

/** A browser that shows the board live, without errors. */
async function tBoard(server: ServerProcess, options?: Parameters<typeof tPage>[1]): Promise<BoardPage> {
  const shown = await tPage(board(server), options);
  await shown.connection('live');
  return shown;
}

function expectNoComplaints({ complaints, outside }: BoardPage): void {
  expect({ complaints, outside }).toEqual({ complaints: [], outside: [] });
}

describe('the board', () => {
  test('shows every update of a replay once, none missing, though the service is killed', async () => {
    await using redis = await tRedis();
    const server = await tServerProcess({ REDIS_URL: redis.url });
    const shown = await tBoard(server);
    await shown.page.getByText('Nobody needs an ambulance just now.').waitFor();

    const replay = tReplay(server.url, ['--demo', '--limit', '30', '--speed', '400', '--positions', '4']);
    await shown.untilRows('ambulances under way', (rows) => rows.filter(isActive).length >= 5);
    await until('positions are shown', async () => (await shown.count('positions')) > 5);
    const sign = shown.page
      .locator('.sign[data-estado="EN_CAMINO"], .sign[data-estado="TRASLADANDO"]')
      .first();
    const place = await sign.getAttribute('transform');
    await until('an ambulance moves', async () => (await sign.getAttribute('transform')) !== place);

    await server.kill('SIGKILL');
    await shown.connection('reconnecting');
    await server.start();
    await shown.connection('live');
    await until('it tells that it resumed', async () => (await shown.count('resumes')) > 0);

    const { finished, errors } = await replay.summary;
    expect({ finished, errors }).toEqual({ finished: true, errors: {} });
    // The replay does not know of creations whose answer was lost, so the dispatches are read from the service.
    const record = await readRecord(server);
    expect(record.length).toBeGreaterThan(15);
    const versions = record.reduce((sum, { version }) => sum + version, 0);
    await until('every update is shown', async () => (await shown.count('updates')) === versions, 30_000);
    expect(await shown.count('resumes')).toBe(1);
    expect(await shown.count('missed')).toBe(0);
    expect(await shown.count('snapshots')).toBe(0);
    const active = JSON.stringify(record.filter(isActive));
    await shown.untilRows('the record', (rows) => JSON.stringify(rows.filter(isActive)) === active);
    expectNoComplaints(shown);
  });

  test('shows the dispatches after the service was restarted with its data', async () => {
    const server = await tServerProcess();
    const [first, second] = [await createDispatch(server.client), await createDispatch(server.client)];
    await assign(server.client, first, 'A-7');
    const shown = await tBoard(server);
    await shown.untilRows('both', (rows) => rows.length === 2);
    await shown.page.locator(`.row[data-id="${first}"]`).click();
    await shown.page.locator('.step[data-version="2"]').waitFor();

    await server.kill('SIGTERM');
    await shown.connection('reconnecting');
    await server.start();
    await move(server.client, first, 'EN_CAMINO');
    await assign(server.client, second);
    const third = await createDispatch(server.client);
    await shown.connection('live');

    await shown.untilRows('the newest', (rows) => rows[0]?.id === third);
    const record = await readRecord(server);
    await shown.untilRows('what the record holds', (rows) => JSON.stringify(rows) === JSON.stringify(record));
    await shown.page.locator('.step[data-version="3"]').waitFor();
    expect(await shown.page.locator('.step[data-version]').evaluateAll(estadosOf)).toEqual([
      'PENDIENTE',
      'ASIGNADO',
      'EN_CAMINO',
    ]);
    await shown.page.locator('[data-part="resumed"]').getByText('resumed once', { exact: true }).waitFor();
    expect(await shown.count('missed')).toBe(0);
    expectNoComplaints(shown);
  });

  test('can be used with the keyboard, and by screen readers', async () => {
    const server = await tServerProcess();
    const ids = [];
    for (const ambulance of ['A-1', 'A-2', 'A-3']) {
      const id = await createDispatch(server.client);
      await assign(server.client, id, ambulance);
      ids.unshift(id);
    }
    const { page, untilRows, ...shown } = await tBoard(server);
    // Each is looked for at its place, since the order changes with the status.
    await untilRows('all three', (rows) => rows.filter(({ version }) => version === 2).length === 3);
    const selected = page.locator('.row[aria-selected="true"]');

    const list = page.getByRole('listbox', { name: 'Active dispatches' });
    await page.getByRole('combobox', { name: 'Order' }).focus();
    await page.keyboard.press('Tab');
    const outlineOfFocused = 'getComputedStyle(document.activeElement).outlineStyle';
    expect(await page.evaluate(outlineOfFocused)).toBe('solid');
    for (const [key, id] of [
      ['ArrowDown', ids[0]],
      ['ArrowDown', ids[1]],
      ['End', ids[2]],
      ['ArrowUp', ids[1]],
      ['Home', ids[0]],
    ] as const) {
      await page.keyboard.press(key);
      await list.locator(`.row[aria-selected="true"][data-id="${id}"]:focus`).waitFor();
      await until('nothing else is selected', async () => (await selected.count()) === 1);
    }
    await page.getByRole('heading', { name: `A-3 · #${ids[0]}` }).waitFor();
    await page.getByRole('list', { name: 'Timeline' }).getByText('Assigned').waitFor();
    await page.keyboard.press('Escape');
    await selected.waitFor({ state: 'detached' });
    expectNoComplaints({ page, untilRows, ...shown });
  });

  test('shows who is online while users come and go', async () => {
    const server = await tServerProcess({ PRESENCE_GRACE_MS: '0' });
    const { page } = await tBoard(server);
    const people = page.locator('.person');
    await people.getByText('Board').waitFor();
    const token = await server.client.token({ sub: 'luisa', name: 'Luisa', role: 'hospital' });
    const client = tClient(server.wsUrl, token);
    const watching = subscribe(client, 'subscription { dispatchesUpdated { cursor } }');
    await people.getByText('Luisa').waitFor();
    watching.unsubscribe();
    await people.getByText('Luisa').waitFor({ state: 'detached' });
  });

  test('fits a phone, and has room for the selected dispatch', async () => {
    const server = await tServerProcess();
    const id = await createDispatch(server.client);
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const { page, ...shown } = await tBoard(server, { ...phone, colorScheme: 'dark' as const });
    await page.locator(`.row[data-id="${id}"]`).tap();
    await page.locator('.step[data-version="1"]').waitFor();
    const [sheet, map] = await Promise.all(
      ['.detail', '.map'].map((selector) => page.locator(selector).boundingBox()),
    );
    expect(map!.y + map!.height).toBeLessThan(740 / 2 + 52);
    expect(sheet!.y).toBeGreaterThan(740 / 3);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByRole('button', { name: 'Close the timeline' }).tap();
    await page.locator('.detail').waitFor({ state: 'hidden' });
    expectNoComplaints({ page, ...shown });
  });

  test('asks for a token when the service gives it none', async () => {
    const server = await tServerProcess({ JWT_SECRET: 'a-secret-that-only-this-environment-knows' });
    const shown = await tPage(board(server));
    await shown.page.getByRole('textbox', { name: 'Token' }).fill(await server.client.token());
    await shown.page.getByRole('button', { name: 'Watch' }).click();
    await shown.connection('live');
    expectNoComplaints(shown);
  });

  test('goes on with another token on the same connection when its own ends', async () => {
    const server = await tServerProcess();
    const shown = await tBoard(server);
    const { page } = shown;
    let sockets = 0;
    page.on('websocket', () => (sockets += 1));
    // The first one ends in less than the minute for which the service warns before.
    const tokens = [await server.client.token({}, 50_000), await server.client.token()];
    await page.route('**/board/settings.json', (route) =>
      route.fulfill({ json: { graphqlPath: '/graphql', token: tokens.shift() ?? null } }),
    );
    await page.goto(board(server));
    await shown.connection('live');
    await until(
      'the connection rests on the second one',
      async () =>
        (await server.client.metric('dispatch_session_renewals_total{by="ping",result="renewed"}')) === 1,
      30_000,
    );
    const id = await createDispatch(server.client);
    await shown.untilRows('what happens since', (rows) => rows.some((row) => row.id === id));
    expect([sockets, tokens.length]).toEqual([1, 0]);
    expectNoComplaints(shown);
  });

  test('says so when it may not reconnect', async () => {
    const server = await tServerProcess({ JWT_SECRET: 'a-secret-that-only-this-environment-knows' });
    const shown = await tPage(board(server));
    await shown.page.getByRole('textbox', { name: 'Token' }).fill('nonsense');
    await shown.page.getByRole('button', { name: 'Watch' }).click();
    await shown.connection('stopped');
    expect(await shown.page.locator('[data-connection]').innerText()).toContain('The token is not');
  });

  test('says that its path is silent, and how old what it shows is, and shows what it missed on another one', async () => {
    const server = await tServerProcess();
    const id = await createDispatch(server.client);
    const wire = await tCutProxy(server.url);
    const shown = await tPage(`http://${wire.host}/board`);
    await shown.untilRows('the dispatch', ([row]) => row?.version === 1);
    // Seen whenever it is there, however soon it is over.
    await shown.page.evaluate(`{
      const [pill, age] = ['[data-connection]', '[data-part="connection-age"]'].map((part) => document.querySelector(part));
      globalThis.seen = [];
      const look = () => seen.push(pill.dataset.connection + ' ' + age.textContent);
      new MutationObserver(look).observe(pill.parentElement, { attributes: true, childList: true, characterData: true, subtree: true });
    }`);
    const silent = wire.silence();
    await assign(server.client, id);
    await shown.untilRows('what it missed', ([row]) => row?.version === 2);
    silent.cut();
    const seen = await shown.page.evaluate<string[]>('seen');
    expect(seen).toContainEqual(expect.stringMatching(/^late as of .+ ago$/));
    await until('it tells that it resumed', async () => (await shown.count('resumes')) > 0);
    expect(await shown.count('missed')).toBe(0);
  });

  test.each([
    ['an hour behind', -3_600_000, /60 minutes behind/],
    ['a minute ahead', 60_000, /60 seconds ahead of/],
    ['right', 0, null],
  ])(
    'shows ages by the time of the service where the clock of the browser is %s',
    async (_how, clockAheadMs, hint) => {
      const server = await tServerProcess();
      await createDispatch(server.client);
      const { page } = await tBoard(server, { clockAheadMs });
      await page.locator('.row .age', { hasText: /^0:0[1-9]$/ }).waitFor();
      const shown = page.locator('[data-part="clock-hint"]');
      if (hint) await shown.filter({ hasText: hint }).waitFor();
      else expect(await shown.isHidden()).toBe(true);
    },
  );

  test('and the playground link to each other', async () => {
    const server = await tServerProcess();
    const { page } = await tPage(server.url);
    await page.getByText('subscription', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: 'Dispatch board' }).click();
    await page.locator('[data-connection="live"]').waitFor();
    await page.getByRole('link', { name: 'GraphiQL' }).click();
    await page.locator('.graphiql-container').first().waitFor();
  });
});

const estadosOf = (steps: { dataset: Readonly<Record<string, string | undefined>> }[]) =>
  steps.map(({ dataset }) => dataset['estado']);

// `npm run board:screenshot` makes a new picture, which differs a little each time.
const screenshot = process.env['BOARD_SCREENSHOT'] ? test : test.skip;
screenshot(
  'its picture, for the README',
  async () => {
    const server = await tServerProcess();
    const people = [
      { sub: 'ana', name: 'Ana Quispe', role: 'dispatcher' },
      { sub: 'luis', name: 'Luis Mamani', role: 'paramedic' },
      { sub: 'hospital', name: 'General Hospital', role: 'hospital' },
    ];
    for (const person of people)
      subscribe(
        tClient(server.wsUrl, await server.client.token(person)),
        'subscription { dispatchesUpdated { cursor } }',
      );
    tReplay(server.url, ['--demo', '--seed', '4', '--speed', '40', '--positions', '16']);
    const options = { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1.25 };
    const { page, untilRows } = await tBoard(server, { ...options, colorScheme: 'light' as const });
    const everyKind = ['PENDIENTE', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'];
    await until(
      'a busy evening',
      async () => {
        const estados = (await untilRows('some', (rows) => rows.length > 0)).map(({ estado }) => estado);
        return estados.length >= 14 && everyKind.every((estado) => estados.includes(estado));
      },
      120_000,
    );
    await page.locator('.row[data-estado="TRASLADANDO"]').first().click();
    await page.locator('.step[data-estado="TRASLADANDO"][data-version]').waitFor();
    for (const [colorScheme, file] of [
      ['light', 'board.png'],
      ['dark', 'board-dark.png'],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: resolve(import.meta.dirname, '../../docs', file) });
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: resolve(import.meta.dirname, '../../docs/board-phone.png') });
  },
  240_000,
);
