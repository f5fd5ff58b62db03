/** Proves in a real browser that a board which is never closed needs no more memory after many thousand events than before. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { tBoard } from '../support/board-page.ts';
import { measureMemory } from '../support/page-costs.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

jest.setTimeout(3_600_000);

/** A day of a large city; `npm run test:board` has all of it, `npm test` a little. */
const events = Number(process.env['BOARD_EVENTS'] ?? 3_000);
const shifts = 3;
/** What a disk takes for each transaction is longer than all else, and is nothing of the page's. */
const within = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const patienceMs = 240_000;
/** Dispatches that are under way at a time. */
const together = 20;
const steps = ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'];
const eventsOfOne = 2 + 2 * steps.length - 1;

async function send<T>(app: TestClient, fields: readonly string[]): Promise<readonly T[]> {
  const named = fields.map((field, at) => `m${at}: ${field}`);
  const { data, errors } = await app.ask<Record<string, T>>(`mutation { ${named.join(' ')} }`);
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return named.map((_, at) => data[`m${at}`]!);
}

/** So many dispatches from their creation to their end, with positions on the way. */
async function runTogether(app: TestClient, round: number): Promise<void> {
  const each = Array.from({ length: together }, (_, at) => at);
  const place = (at: number, far: number) =>
    `latitud: ${-16.5 + at / 200 + far / 2_000}, longitud: ${-68.1 - far / 1_000}`;
  const created = await send<{ id: string }>(
    app,
    each.map(
      (at) =>
        `createDispatch(input: { origen: { ${place(at, 0)} }, prioridad: ${at === 7 ? 'CRITICA' : 'MEDIA'} }) { id }`,
    ),
  );
  const all = (field: (id: string, at: number) => string) =>
    send(
      app,
      created.map(({ id }, at) => field(id, at)),
    );
  await all((id, at) => `assignDispatch(id: "${id}", ambulanciaId: "A-${round % 50}-${at}") { id }`);
  for (const [index, estado] of steps.entries()) {
    await all((id) => `updateDispatchStatus(id: "${id}", estado: ${estado}) { id }`);
    if (estado !== 'COMPLETADO')
      await all(
        (id, at) =>
          `reportLocation(despachoId: "${id}", input: { ${place(at, index + 1)}, velocidad: 50 }) { latitud }`,
      );
  }
}

/** What the page's thread and the service have used of processors so far, milliseconds. */
async function tCosts(server: ServerProcess, page: Page) {
  const session = await page.context().newCDPSession(page);
  // What the thread itself used, however busy the machine is.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const taskSeconds = metrics.find(({ name }) => name === 'TaskDuration')!.value;
    const serverSeconds = await server.client.metric('process_cpu_seconds_total');
    return { pageMs: taskSeconds * 1_000, serverMs: serverSeconds * 1_000 };
  };
}

test(`its memory is flat over ${events} events`, async () => {
  const server = await tServerProcess({}, { within });
  const app: TestClient = {
    ...server.client,
    async ask(query, variables) {
      return server.client.ask(
        query,
        variables,
        await server.client.token({ sub: 'replay', role: 'system' }),
      );
    },
  };
  const shown = await tBoard(server);
  const session = await shown.page.context().newCDPSession(shown.page);
  const rounds = Math.ceil(events / shifts / (together * eventsOfOne));
  const measured: Awaited<ReturnType<typeof measureMemory>>[] = [];
  const costs = await tCosts(server, shown.page);
  let updates = 0;
  // The first shift fills what is kept, and is not measured.
  for (let shift = 0; shift <= shifts; shift++) {
    const count = shift === 0 ? Math.ceil(rounds / 4) : rounds;
    const before = await costs();
    for (let round = 0; round < count; round++) await runTogether(app, shift * rounds + round);
    updates += count * together * (2 + steps.length);
    await until('all are shown', async () => (await shown.count('updates')) >= updates, patienceMs);
    const { pageMs, serverMs } = await costs();
    await until('the board is empty again', async () => (await shown.rows()).length === 0, patienceMs);
    measured.push(await measureMemory(session));
    const { heapBytes, nodes, listeners } = measured.at(-1)!;
    const each = (ms: number) => (ms / (count * together * eventsOfOne)).toFixed(2);
    process.stdout.write(
      `${(heapBytes / 1e6).toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners; an event ` +
        `costs the page ${each(pageMs - before.pageMs)} ms and the service ${each(serverMs - before.serverMs)} ms\n`,
    );
  }
  const [before, ...after] = measured;
  for (const { heapBytes, nodes, listeners } of after) {
    expect(heapBytes / before!.heapBytes).toBeLessThan(1.3);
    expect(nodes / before!.nodes).toBeLessThan(1.3);
    expect(listeners / before!.listeners).toBeLessThan(1.3);
  }
  expect(await shown.count('missed')).toBe(0);
  expect(shown.complaints).toEqual([]);
});
