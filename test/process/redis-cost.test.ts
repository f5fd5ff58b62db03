/** Measures one event on an idle service: the time from its commit to a socket, and the number of Redis commands. */
import { expect, test } from '@jest/globals';
// Imported first: its afterEach hook then runs first, so that clients end before the servers.
import { subscribe, tClient } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import type { TestRedis } from '../support/redis.ts';
import { tServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';

const tService = tServices();
const changes = 200;

/** The calls of each command since Redis started, including those of scripts. */
async function commandCalls(redis: TestRedis): Promise<ReadonlyMap<string, number>> {
  const info = String(await redis.client.call('INFO', 'commandstats'));
  return new Map(
    [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]),
  );
}

async function callsDuring(redis: TestRedis, run: () => Promise<void>): Promise<string> {
  const before = await commandCalls(redis);
  await run();
  const after = await commandCalls(redis);
  return [...after]
    .map(([name, calls]) => [name, (calls - (before.get(name) ?? 0)) / changes] as const)
    .filter(([, perChange]) => perChange >= 0.5)
    .map(([name, perChange]) => `${name} ${perChange.toFixed(1)}`)
    .join(', ');
}

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;

test.each(['PostgreSQL', 'SQLite'])(
  'a change in %s is shown soon after its commit',
  async (record) => {
    const { servers, redis } = await tService({ processes: record === 'PostgreSQL' ? 1 : 0 });
    const server = servers[0] ?? (await tServerProcess({ REDIS_URL: redis.url }));
    const { client } = server;
    const [watched, unwatched] = [await createDispatch(client), await createDispatch(client)];
    const receivedAt: number[] = [];
    const shown = subscribe<Update>(
      tClient(server.wsUrl, await client.token()),
      dispatchUpdated,
      { id: watched },
      () => receivedAt.push(performance.now()),
    );
    await shown.until((events) => events.length === 1);

    const answeredAt: number[] = [];
    const withSubscriber = await callsDuring(redis, async () => {
      for (let change = 1; change <= changes; change += 1) {
        await assign(client, watched, `A-${change}`);
        // The answer comes right after the commit.
        answeredAt.push(performance.now());
        await shown.until((events) => events.length === change + 1);
      }
    });
    const withoutSubscriber = await callsDuring(redis, async () => {
      for (let change = 1; change <= changes; change += 1) await assign(client, unwatched, `A-${change}`);
    });

    expect(shown.events.map(({ dispatch }) => dispatch.version)).toEqual(
      Array.from({ length: changes + 1 }, (_, index) => index + 1),
    );
    const tookMs = answeredAt.map((at, index) => receivedAt[index + 1]! - at);
    console.info(
      `${record}, from the answer to the socket: p50 ${quantile(tookMs, 0.5).toFixed(2)} ms, p99 ${quantile(tookMs, 0.99).toFixed(2)} ms\n` +
        `commands of Redis for a change that somebody watches: ${withSubscriber}\n` +
        `commands of Redis for a change that nobody watches: ${withoutSubscriber}`,
    );
  },
  120_000,
);
