/** Proves that processes whose clocks differ by a minute show every change, also to whoever comes back when the log is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { wrongClock } from '../support/faketime.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchesUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const detailsToken = 'who-may-see-the-details-of-readiness';
const minuteMs = 60_000;

let postgres: TestPostgres;
let redis: TestRedis;
const undos: (() => Promise<void> | void)[] = [];
beforeAll(async () => {
  postgres = await tPostgres();
  redis = await tRedis();
});
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
  await redis.client.flushall();
});
afterAll(() => Promise.all([postgres.stop(), redis.stop()]));

/** Two processes of one service, the first with a clock that is so many seconds ahead. */
async function tSkewed(seconds: number) {
  const databaseUrl = await postgres.createDatabase();
  const env = { REDIS_URL: redis.url, DATABASE_URL: databaseUrl, HEALTH_DETAILS_TOKEN: detailsToken };
  const [wrong, right] = await Promise.all([
    tServerProcess({ ...env, ...wrongClock(seconds) }),
    tServerProcess(env),
  ]);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  undos.push(() => client.end());
  return { wrong, right, query: client.query.bind(client) };
}

async function watch(server: { readonly wsUrl: string } & TestClient, query: string, variables = {}) {
  return subscribe<Update & { id: string }>(tClient(server.wsUrl, await server.token()), query, variables);
}

const onProcess = (server: ServerProcess) => Object.assign(server.client, { wsUrl: server.wsUrl });

const messages =
  'subscription ($after: Cursor) { messageBroadcast(channel: "general", after: $after) { cursor id } }';
const say = (client: TestClient) =>
  client.ask('mutation { broadcastMessage(channel: "general", message: "hello") { id } }');

describe.each([60, -60])('a clock that is ahead by %i s', (seconds) => {
  test.each(['the one with the wrong clock', 'the one with the right clock'])(
    'whoever knows a change by %s, and comes back when the log is lost, is shown what the other has changed',
    async (first) => {
      const { wrong, right } = await tSkewed(seconds);
      const [one, other] = first.includes('wrong') ? [wrong, right] : [right, wrong];
      const board = await watch(onProcess(other), dispatchesUpdated);
      const channel = await watch(onProcess(other), messages);
      // A subscription has no acknowledgement: it is live when something has come.
      await until('both streams are live', async () => {
        await createDispatch(one.client);
        await say(one.client);
        return board.events.length > 0 && channel.events.length > 0;
      });
      const [knownChange, knownMessage] = [board.events.at(-1)!.cursor, channel.events.at(-1)!.cursor];
      board.unsubscribe();
      channel.unsubscribe();

      const missed = await createDispatch(other.client);
      const { data } = await say(other.client);
      const missedMessage = (data as { broadcastMessage: { id: string } }).broadcastMessage.id;
      // Each process notices that its topics have begun anew, or comes to a log that has.
      await redis.client.flushall();
      for (const server of [one, other]) {
        const again = await watch(onProcess(server), dispatchesUpdated, { after: knownChange });
        await again.until((events) => events.some(({ dispatch }) => dispatch.id === missed));
        const heardAgain = await watch(onProcess(server), messages, { after: knownMessage });
        await heardAgain.until((events) => events.some((event) => event.id === missedMessage));
      }
    },
  );

  test('what processes write is dated by the database, and the difference is in readiness and in the metrics', async () => {
    const { wrong, right, query } = await tSkewed(seconds);
    for (const { client } of [wrong, right]) await createDispatch(client);
    const { rows } = await query<{ off: number }>(
      'select abs(extract(epoch from now() - fecha_actualizacion::timestamptz))::float8 as off from dispatches',
    );
    expect(rows).toHaveLength(2);
    for (const { off } of rows) expect(off).toBeLessThan(30);
    for (const [server, expected] of [
      [wrong, seconds * 1_000],
      [right, 0],
    ] as const) {
      const clockSkewMs = await until('both were asked', async () => {
        const { clockSkewMs: skews } = await detailsOf(server);
        return 'redis' in skews && 'database' in skews ? skews : undefined;
      });
      for (const against of ['database', 'redis'])
        expect(Math.abs(clockSkewMs[against]! - expected)).toBeLessThan(minuteMs / 4);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const [, skew] = /^dispatch_clock_skew_seconds\{against="database"\} (\S+)$/m.exec(metrics)!;
      expect(Math.abs(Number(skew) - expected / 1_000)).toBeLessThan(15);
    }
    expect(await wrong.printed('the clock of this machine differs')).toContain('"level":40');
  });
});

async function detailsOf({ url }: ServerProcess) {
  const headers = { authorization: `Bearer ${detailsToken}` };
  const response = await fetch(`${url}/health/ready`, { headers });
  return (await response.json()) as { clockSkewMs: Record<string, number> };
}

test('a single process whose clock was set back by an hour shows what has changed since', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-'));
  undos.push(() => rmSync(folder, { recursive: true }));
  const startAt = Date.UTC(2026, 0, 1, 12);
  const start = (at: number) => tApp({ DATA_DIR: folder }, { clock: new ManualClock(at) });
  const before = await start(startAt);
  const board = await watch(before, dispatchesUpdated);
  await until('the board is followed', async () => {
    await createDispatch(before);
    return board.events.length > 0;
  });
  const after = board.events.at(-1)!.cursor;
  await before.close();

  const later = await start(startAt - 60 * minuteMs);
  const missed = await createDispatch(later);
  await later.close();
  // The log of a single process ends with it.
  const last = await start(startAt - 59 * minuteMs);
  const again = await watch(last, dispatchesUpdated, { after });
  await again.until((events) => events.some(({ dispatch }) => dispatch.id === missed));
});
