/** Proves that subscribers miss nothing while a whole call log is replayed into the service. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { Summary } from '../../src/cli/replay/tally.ts';
import { createCallLog } from '../support/call-log.ts';
import { subscribe, tClient, type Shown } from '../support/graphql-client.ts';
import { dispatchesUpdated, dispatchUpdated, type Update } from '../support/operations.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';

const replayProgram = resolve(import.meta.dirname, '../../src/cli/replay.ts');
const realLog = resolve(import.meta.dirname, '../../../shared/data/sffd-calls-2017-week1.csv');
const droppingClients = 50;

async function playLog(file: string, server: ServerProcess): Promise<Summary> {
  const args = [replayProgram, file, '--speed', 'max', '--json', '--url', `${server.url}/graphql`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout) as Summary;
}

/** The place where the versions of a dispatch do not go up by one; undefined when they all do. */
function findGap(updates: readonly Update[], first: number): string | undefined {
  const versions = updates.map(({ dispatch }) => dispatch.version);
  const wrong = versions.findIndex((version, index) => version !== first + index);
  return wrong < 0 ? undefined : `${updates[0]!.dispatch.id}: ${versions.join(' ')}`;
}

const isOver = (update: Update | undefined) =>
  update !== undefined && ['COMPLETADO', 'CANCELADO'].includes(update.dispatch.estado);

/** Watches one dispatch, and cuts its socket at random after an event; the stock client comes back with its cursor. */
function watchOnBadNetwork(server: ServerProcess, token: string, id: string, drops: { count: number }) {
  let socket: WebSocket | undefined;
  const client = tClient(server.wsUrl, token, {
    retryAttempts: Infinity,
    retryWait: () => Promise.resolve(),
    shouldRetry: () => true,
    on: { opened: (opened) => (socket = opened as WebSocket) },
  });
  return subscribe<Update>(client, dispatchUpdated, { id }, () => {
    if (Math.random() < 0.4) {
      drops.count += 1;
      socket?.terminate();
    }
  });
}

async function streamThrough(file: string, expected: { readonly dispatches: number }): Promise<void> {
  const server = await tServerProcess({ EVENT_LOG_MAX_EVENTS: '5000' });
  const token = await server.client.token();
  const { data } = await server.client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
  const byDispatch = new Map<string, Update[]>();
  const watched = new Map<string, Shown<Update>>();
  const drops = { count: 0 };
  const every = Math.max(1, Math.floor(expected.dispatches / droppingClients));

  const board = subscribe<Update>(
    tClient(server.wsUrl, token),
    dispatchesUpdated,
    { after: data!.dispatchesCursor },
    (update) => {
      const { id } = update.dispatch;
      const updates = byDispatch.get(id) ?? [];
      updates.push(update);
      byDispatch.set(id, updates);
      if (updates.length === 1 && byDispatch.size % every === 0 && watched.size < droppingClients)
        watched.set(id, watchOnBadNetwork(server, token, id, drops));
    },
  );

  const summary = await playLog(file, server);
  expect(summary.errors).toEqual({});
  expect(summary.dispatches.created).toBe(expected.dispatches);
  const stored = await readVersions(server, expected.dispatches);
  await board.until(() => [...stored].every(([id, version]) => byDispatch.get(id)?.length === version));
  const gaps = [...byDispatch.values()].map((updates) => findGap(updates, 1));
  expect(gaps.filter((gap) => gap !== undefined)).toEqual([]);

  expect(watched.size).toBe(Math.min(droppingClients, expected.dispatches));
  for (const [id, shown] of watched) {
    await shown.until((events) => events.at(-1)?.dispatch.version === stored.get(id));
    expect(findGap(shown.events, shown.events[0]!.dispatch.version)).toBeUndefined();
    expect(shown.events.filter(({ changeType }) => changeType === 'SNAPSHOT')).toHaveLength(1);
    if (isOver(byDispatch.get(id)!.at(-1))) expect(isOver(shown.events.at(-1))).toBe(true);
  }
  expect(drops.count).toBeGreaterThan(watched.size / 4);
  const { mutations, mutationsPerSecond } = summary;
  console.info(
    `${mutations} mutations at ${Math.round(mutationsPerSecond)}/s, ${board.events.length} updates on the board, ` +
      `${watched.size} clients dropped their sockets ${drops.count} times`,
  );
}

/** The newest version of every dispatch. */
async function readVersions(server: ServerProcess, count: number): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  for (let offset = 0; offset < count; offset += 500) {
    const query = '($offset: Int!) { despachos(limit: 500, offset: $offset) { id version } }';
    const { data } = await server.client.ask<{ despachos: { id: string; version: number }[] }>(
      `query ${query}`,
      {
        offset,
      },
    );
    for (const { id, version } of data!.despachos) versions.set(id, version);
  }
  return versions;
}

test('a made-up evening: every update in order, none missing, none twice, even over a bad network', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'calls-'));
  try {
    const file = join(folder, 'calls.csv');
    await writeFile(file, createCallLog({ seed: 11, ambulanceResponses: 200 }).csv);
    await streamThrough(file, { dispatches: 200 });
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);

// Two rows of the week's 3,145 have times out of order.
const week = existsSync(realLog) ? test : test.skip;
week('a real city’s week: the same', () => streamThrough(realLog, { dispatches: 3143 }), 480_000);
