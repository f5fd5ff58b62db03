/** Proves in a real browser that a dispatcher can keep the board open: it shows all, finds things, tells times, and does what it is told. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { tBoard, tPage, type BoardPage } from '../support/board-page.ts';
import { createHeldEvents } from '../support/held-events.ts';
import { assign, createDispatch, createDispatches, move } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(400_000);

const patienceMs = 90_000;

const place = (direccion: string) => ({ latitud: -16.5, longitud: -68.15, direccion });

async function expectView(page: BoardPage['page'], view: string): Promise<void> {
  await until(`the address says ${view}`, async () => new URL(page.url()).hash === view, patienceMs);
}

test('all active dispatches are shown, however many: those that wait longest are at the end, and few rows are in the page', async () => {
  const server = await tServerProcess();
  const ids = await createDispatches(server.client, 352);
  const { page, rows, count, complaints } = await tBoard(server);
  await until('all are counted', async () => (await count('active')) === 352, patienceMs);
  await page.locator('.row[aria-setsize="352"]').first().waitFor();
  expect((await rows()).length).toBeLessThan(100);
  await page.locator('.row').first().focus();
  await page.keyboard.press('End');
  await page.locator(`.row[data-id="${ids[0]}"][aria-posinset="352"]:focus`).waitFor();
  expect((await rows()).length).toBeLessThan(100);
  await page.locator('.cluster').first().waitFor();
  const numbers = await page.locator('.cluster text').allTextContents();
  const signs = await page.locator('.sign').count();
  expect(numbers.reduce((sum, text) => sum + Number(text), signs)).toBe(352);
  expect(complaints).toEqual([]);
});

test('what is searched and chosen is in the address: a link, back and forward lead there', async () => {
  const server = await tServerProcess();
  const jaen = await createDispatch(server.client, { origen: place('Calle Jaén 710'), prioridad: 'CRITICA' });
  const other = await createDispatch(server.client, { origen: place('Avenida Busch 1') });
  const { page, untilRows, complaints } = await tBoard(server);
  const onlyJaen = (what: string) =>
    untilRows(what, ([first, ...more]) => first?.id === jaen && more.length === 0);
  const both = (what: string) => untilRows(what, ({ length }) => length === 2);
  await both('both');
  await page.keyboard.press('/');
  await page.keyboard.type('jaen');
  await onlyJaen('what is searched');
  await page.getByText('1 of 2', { exact: true }).waitFor();
  await page.locator(`.row[data-id="${jaen}"]`).click();
  await expectView(page, `#id=${jaen}&q=jaen`);
  await page.goBack();
  await expectView(page, '#q=jaen');
  await page.goBack();
  await both('both again');
  await expectView(page, '');
  await page.goForward();
  await onlyJaen('what was searched');
  await page.getByRole('button', { name: 'Show all' }).click();
  await both('all');

  await page.getByText('Filters', { exact: true }).click();
  await page.getByRole('checkbox', { name: 'Critical' }).check();
  await onlyJaen('the critical one');
  await page.goto(`${server.url}/board#prioridad=MEDIA&id=${other}`);
  await untilRows('the other one', ([first, ...more]) => first?.id === other && more.length === 0);
  await page.getByRole('heading', { name: `#${other}` }).waitFor();
  await move(server.client, other, 'CANCELADO');
  await page.goto(`${server.url}/board?again#id=999`);
  await page.getByText('There is no dispatch #999.').waitFor();
  expect(complaints).toEqual([]);
});

test('a new critical one is seen, and heard where that is wanted; what is overdue is told', async () => {
  const server = await tServerProcess();
  const stored = { 'board-limits': JSON.stringify({ PENDIENTE: 0.0001, CRITICA: 60 }) };
  await createDispatch(server.client);
  const { page, complaints } = await tBoard(server, { stored });
  await page.locator('.row[data-overdue]').waitFor();
  await page.getByText('1 overdue', { exact: true }).waitFor();
  const sound = page.getByRole('button', { name: 'Sound' });
  const alarms = page.locator('[data-part="alarms"]');
  await createDispatch(server.client, { origen: place('Plaza Murillo'), prioridad: 'CRITICA' });
  await alarms.getByText('Plaza Murillo').waitFor();
  expect(await alarms.getAttribute('data-sounded')).toBeNull();
  await sound.click();
  await page.locator('[data-sounded="1"]').waitFor();
  const third = await createDispatch(server.client, { origen: place('El Prado'), prioridad: 'CRITICA' });
  await page.locator('[data-sounded="2"]').waitFor();
  expect(await page.title()).toBe('(2) Dispatch board');
  await alarms.locator(`[data-alarm="${third}"]`).getByRole('button', { name: 'Show' }).click();
  await page.locator(`.row[data-id="${third}"][aria-selected="true"]`).waitFor();
  expect(await alarms.locator('.alarm').count()).toBe(1);
  await page.getByRole('button', { name: 'Time limits' }).click();
  await page.getByRole('spinbutton', { name: 'Pending', exact: true }).fill('600');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.row[data-overdue]').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

describe('the map', () => {
  test('is moved by wheel, mouse, keys and buttons, shows everything again, and keeps to an ambulance', async () => {
    const server = await tServerProcess();
    const id = await createDispatch(server.client, { destino: { latitud: -16.52, longitud: -68.1 } });
    await createDispatch(server.client, { origen: { latitud: -16.56, longitud: -68.09 } });
    await assign(server.client, id, 'A-7');
    const { page, complaints } = await tBoard(server);
    const sign = page.locator(`.sign[data-id="${id}"]`);
    await sign.locator('.unit-label', { hasText: 'A-7' }).waitFor();
    const map = page.locator('[data-part="map"]');
    const placeOf = () => sign.getAttribute('transform');
    const moves = async (what: string, act: () => Promise<void>) => {
      const before = await placeOf();
      await act();
      await until(what, async () => (await placeOf()) !== before, patienceMs);
    };
    await page.locator('[data-part="map"]:not([data-flying]):has(.sign + .sign)').waitFor();
    const fitted = await placeOf();
    await map.hover({ position: { x: 30, y: 30 } });
    await moves('the wheel zooms', () => page.mouse.wheel(0, -240));
    await page.locator('[data-held]').waitFor();
    await moves('the mouse moves it', async () => {
      await page.mouse.down();
      await page.mouse.move(500, 300, { steps: 4 });
      await page.mouse.up();
    });
    await page.locator('[data-part="pad"]').focus();
    for (const key of ['ArrowLeft', 'ArrowUp', '+', '-'])
      await moves(`${key} moves it`, () => page.keyboard.press(key));
    await moves('a button zooms', () => page.getByRole('button', { name: 'Zoom out' }).click());
    await page.getByRole('button', { name: 'Show everything' }).click();
    await until('everything is shown again', async () => (await placeOf()) === fitted, patienceMs);

    await sign.click();
    await page.getByRole('button', { name: 'Keep on the map' }).click();
    await expectView(page, `#id=${id}&track=1`);
    const device = await server.client.token({ sub: 'device', role: 'system' });
    const report =
      'mutation ($id: ID!, $input: LocationInput!) { reportLocation(despachoId: $id, input: $input) { latitud } }';
    await server.client.ask(
      report,
      { id, input: { latitud: -16.55, longitud: -68.12, velocidad: 40 } },
      device,
    );
    const { width, height } = (await map.boundingBox())!;
    const middle = `translate(${Math.round(width) / 2} ${Math.round(height) / 2})`;
    await until('the ambulance stays in the middle', async () => (await placeOf()) === middle, patienceMs);
    await page
      .locator('[data-fact="arrival"]')
      .getByText(/in about \d+ min/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('is zoomed by two fingers: apart comes closer, together goes further away, and one finger moves it', async () => {
    const server = await tServerProcess();
    const one = await createDispatch(server.client, { origen: { latitud: -16.5, longitud: -68.15 } });
    // So close to each other that both stay in view: the map never shows less than two kilometres by itself.
    const other = await createDispatch(server.client, { origen: { latitud: -16.503, longitud: -68.147 } });
    const { page, complaints } = await tBoard(server, { hasTouch: true });
    const placeOf = async (id: string) => {
      const transform = await page.locator(`.sign[data-id="${id}"]`).getAttribute('transform');
      const [x, y] = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(transform!)!.slice(1).map(Number);
      return { x: x!, y: y! };
    };
    const apart = async () => {
      const [a, b] = [await placeOf(one), await placeOf(other)];
      return Math.hypot(a.x - b.x, a.y - b.y);
    };
    for (const id of [one, other]) await page.locator(`.sign[data-id="${id}"]`).waitFor();
    const { x, y, width, height } = (await page.locator('[data-part="pad"]').boundingBox())!;
    const middle = { x: x + width / 2, y: y + height / 2 };
    const session = await page.context().newCDPSession(page);
    /** Fingers left and right of the middle, so far from it, and `byY` below it; none: they are lifted. */
    const touch = (type: string, fingers: readonly number[], byY = 0) =>
      session.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: fingers.map((far, id) => ({ id, x: middle.x + far, y: middle.y + byY })),
      });
    const pinch = async (from: number, to: number) => {
      await touch('touchStart', [-from, from]);
      for (const share of [0.25, 0.5, 0.75, 1]) {
        const far = from + (to - from) * share;
        await touch('touchMove', [-far, far]);
      }
      await touch('touchEnd', []);
    };
    const fitted = await apart();
    await pinch(40, 80);
    await until('they are further apart', async () => (await apart()) > fitted * 1.5, patienceMs);
    const close = await apart();
    await pinch(80, 40);
    await until('they are closer to each other', async () => (await apart()) < close / 1.5, patienceMs);
    const before = await placeOf(one);
    await touch('touchStart', [0]);
    for (const byY of [10, 20, 40]) await touch('touchMove', [0], byY);
    await touch('touchEnd', []);
    await until('it is moved down', async () => (await placeOf(one)).y > before.y + 10, patienceMs);
    expect(complaints).toEqual([]);
  });

  test('shows streets where the service names a source of tiles, and asks nobody else', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
      'base64',
    );
    const asked = new Set<string>();
    const source = createServer((request, response) => {
      asked.add(request.url!);
      response.setHeader('content-type', 'image/png').end(png);
    }).listen(0, '127.0.0.1');
    await once(source, 'listening');
    try {
      const host = `127.0.0.1:${(source.address() as AddressInfo).port}`;
      const server = await tServerProcess({
        BOARD_TILES_URL: `http://${host}/{z}/{x}/{y}.png`,
        BOARD_TILES_ATTRIBUTION: '© those who drew it',
      });
      await createDispatch(server.client);
      const { page, outside, complaints } = await tBoard(server);
      await page.getByText('© those who drew it').waitFor();
      await until('tiles are asked for', () => asked.size > 4, patienceMs);
      for (const path of asked) expect(path).toMatch(/^\/\d+\/\d+\/\d+\.png$/);
      await until(
        'they are shown',
        () =>
          page.evaluate(
            '[...document.querySelectorAll(".tiles img")].some((image) => image.naturalWidth > 0)',
          ),
        patienceMs,
      );
      expect(outside.filter((address) => new URL(address).host !== host)).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      source.closeAllConnections();
      source.close();
    }
  });
});

test('speaks Spanish, and nothing else, to a browser that asks for it', async () => {
  const server = await tServerProcess();
  const id = await createDispatch(server.client, { prioridad: 'CRITICA' });
  const { page, complaints } = await tBoard(server, { locale: 'es-BO' });
  await page.locator(`.row[data-id="${id}"]`).click();
  await page.getByRole('list', { name: 'Historia' }).getByText('Pendiente').waitFor();
  expect(await page.title()).toBe('Tablero de despachos');
  expect(await page.locator('html').getAttribute('lang')).toBe('es');
  const text = await page.locator('body').innerText();
  const english =
    /\b(dispatch|live|pending|assign|zoom|token|filters|online|units|timeline|map|the|ago|for|show)\b/i;
  expect(text.split('\n').filter((line) => english.test(line))).toEqual([]);
  expect(complaints).toEqual([]);
});

describe('a dispatcher', () => {
  test('assigns, takes back, moves on and cancels by keyboard alone; nothing is done without being asked twice', async () => {
    const server = await tServerProcess();
    const ended = await createDispatch(server.client);
    await assign(server.client, ended, 'A-9');
    await move(server.client, ended, 'CANCELADO');
    const id = await createDispatch(server.client);
    const { page, complaints } = await tBoard(server, { view: `#id=${id}` });
    const { keyboard } = page;
    const row = page.locator(`.row[data-id="${id}"]`);
    await page.locator('.free-unit[data-unit="A-9"]').waitFor();
    const estado = async (value: string) => {
      await page.locator(`.row[data-id="${id}"][data-estado="${value}"]`).waitFor();
      await until(
        `the service says ${value}`,
        async () => {
          const { data } = await server.client.ask<{ dispatch: { estado: string } }>(
            `{ dispatch(id: "${id}") { estado } }`,
          );
          return data?.dispatch.estado === value;
        },
        patienceMs,
      );
    };
    const assignByKeys = async (unit: string) => {
      await page.getByLabel('Unit', { exact: true }).focus();
      await keyboard.type(unit);
      await keyboard.press('Enter');
      await page.getByRole('button', { name: 'Assign: sure?' }).waitFor();
      await keyboard.press('Enter');
      await row.getByText(`${unit} · #${id}`).waitFor();
    };
    await assignByKeys('A-9');
    await estado('ASIGNADO');
    await page.locator('.free-unit[data-unit="A-9"]').waitFor({ state: 'detached' });
    await assignByKeys('A-5');
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).focus();
    await keyboard.press('Enter');
    await row.getByText(`A-9 · #${id}`).waitFor();
    await page.locator('.step[data-version="4"]').waitFor();

    await page.getByRole('button', { name: '→ On the way' }).focus();
    await keyboard.press('Enter');
    await page.getByRole('button', { name: '→ On the way: sure?' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('button', { name: '→ On the way', exact: true }).waitFor();
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    await estado('EN_CAMINO');
    await page.getByLabel('Message to the crew').focus();
    await keyboard.type('Entrada por el patio');
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    await page.getByText(`Sent to dispatch:${id}:crew.`).waitFor();
    const { data } = await server.client.ask<{ channelHistory: unknown }>(
      `{ channelHistory(channel: "dispatch:${id}:crew") { message } }`,
    );
    expect(data?.channelHistory).toEqual([{ message: 'Entrada por el patio' }]);
    await page.getByRole('button', { name: 'Cancel the dispatch' }).focus();
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    await estado('CANCELADO');
    expect(complaints).toEqual([]);
  });

  test('sees at once what they ask for, and what is true when somebody else was faster', async () => {
    const server = await tServerProcess();
    const events = createHeldEvents();
    const id = await createDispatch(server.client);
    await assign(server.client, id, 'A-1');
    const { page, complaints } = await tBoard(server, { view: `#id=${id}`, prepare: events.prepare });
    await page.locator('.step[data-version="2"]').waitFor();
    events.hold();
    for (const estado of ['EN_CAMINO', 'EN_SITIO']) await move(server.client, id, estado);
    await page.getByRole('button', { name: '→ On the way' }).click();
    await page.getByRole('button', { name: '→ On the way: sure?' }).click();
    await page.getByText('Somebody else was faster').waitFor();
    await page.locator(`.row[data-id="${id}"][data-estado="EN_SITIO"]`).waitFor();
    events.release();
    await page.locator('.step[data-version="4"]').waitFor();
    expect(complaints).toEqual([]);
  });

  test('follows some, on all their connections, and sees those alone', async () => {
    const server = await tServerProcess();
    const [first, second] = [await createDispatch(server.client), await createDispatch(server.client)];
    const { page } = await tBoard(server, { view: `#id=${first}` });
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await page.getByRole('button', { name: 'Follow no more' }).waitFor();
    const other = await tBoard(server, { view: '#mine=1' });
    await other.untilRows(
      'the one that is followed',
      ([row, ...more]) => row?.id === first && more.length === 0,
    );
    expect(second).not.toBe(first);
  });

  test('is offered nothing by a token that may only look', async () => {
    const server = await tServerProcess();
    const id = await createDispatch(server.client);
    const token = await server.client.token({
      permissions: ['view-dispatches', 'view-users', 'view-messages'],
    });
    const { page } = await tBoard(server, { view: `#id=${id}`, boardToken: token });
    await page.locator('.step[data-version="1"]').waitFor();
    await page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
    expect(
      await page.locator('[data-move], [data-part="assign"]:visible, [data-part="message"]:visible').count(),
    ).toBe(0);
  });
});

test('a token that is not good is asked for again, and a good one is remembered as long as the tab lives', async () => {
  const server = await tServerProcess({ JWT_SECRET: 'a-secret-that-only-this-environment-knows' });
  const { page, connection } = await tPage(`${server.url}/board#estado=PENDIENTE`);
  const enter = async (token: string) => {
    await page.getByRole('textbox', { name: 'Token' }).fill(token);
    await page.getByRole('button', { name: 'Watch' }).click();
  };
  await enter('nonsense');
  await page.getByRole('alert').getByText('The token is not').waitFor();
  await enter(await server.client.token());
  await connection('live');
  await expectView(page, '#estado=PENDIENTE');
  await page.reload();
  await connection('live');
  expect(await page.locator('dialog[open]').count()).toBe(0);
  await page.getByRole('button', { name: 'Token' }).click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.locator('dialog[open]').waitFor();
});
