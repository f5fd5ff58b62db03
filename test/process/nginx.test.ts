/** Proves that a process behind nginx, with this nginx.conf, can be killed or replaced without any client missing an event. */
import { expect, test } from '@jest/globals';
// Imported first: its afterEach hook then runs first, so that clients end before the servers.
import { startWriter, tDispatchIds, tWatchers } from '../support/watchers.ts';
import { parseConfig } from '../../src/config/config.ts';
import { streamAddress } from '../support/browser-source.ts';
import { tEventSource } from '../support/event-source.ts';
import { assign, dispatchUpdated, type Update } from '../support/operations.ts';
import { createTestClient, type TestClient } from '../support/test-client.ts';
import { tNginx } from '../support/nginx.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();

async function connections(servers: readonly ServerProcess[]): Promise<number[]> {
  return Promise.all(servers.map(({ client }) => client.metric('dispatch_ws_connections')));
}

/** Sends a request to the process that nginx picks. */
const clientThrough = (url: string, env: Record<string, string>): TestClient =>
  createTestClient(url, parseConfig(env));

/** The number of moments in the busiest second. */
function busiestSecond(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to += 1) {
    while (sorted[to]! - sorted[from]! >= 1_000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** Thousands of sockets need the machine for themselves, so only `npm run test:nginx` opens them. */
const alone = process.env['NGINX_TESTS'] ? test : test.skip;

/** Figures for docs/operations.md. */
const report = (figures: Record<string, unknown>) => console.info(JSON.stringify(figures));

alone(
  '1,000 sockets on two processes, one killed: all go on with the other one, and miss nothing',
  async () => {
    const { servers, env } = await tService({ processes: 2 });
    const nginx = await tNginx(servers.map(({ port }) => port));
    const client = clientThrough(nginx.url, env);
    const ids = await tDispatchIds(client, 50);
    const watchers = await tWatchers(nginx.wsUrl, client, ids, 1_000);
    const spread = await connections(servers);
    expect(Math.min(...spread)).toBeGreaterThan(400);

    const writer = startWriter(client, ids, 20);
    await until('there are changes', () => writer.writes >= 20, 60_000);
    const killedAt = Date.now();
    await servers[0]!.kill('SIGKILL');
    await until('everybody has come back', () => watchers.reconnects.length >= spread[0]!, 30_000);
    const backMs = Math.max(...watchers.reconnects) - killedAt;
    expect(await connections([servers[1]!])).toEqual([1_000]);

    await until('there are more changes', () => writer.writes >= 100, 60_000);
    const versions = await writer.stop();
    await watchers.all(versions);
    expect(watchers.wrong).toEqual([]);
    expect(complaintsOf(servers[1]!)).toEqual([]);
    report({
      sockets: 1_000,
      spread,
      killed: spread[0]!,
      backMs,
      writes: writer.writes,
      unanswered: writer.unanswered,
    });
  },
  240_000,
);

alone(
  'while no process answers, an EventSource waits, and goes on where it was',
  async () => {
    const { servers, env } = await tService({ processes: 2 });
    const nginx = await tNginx(servers.map(({ port }) => port));
    const client = clientThrough(nginx.url, env);
    const [id = ''] = await tDispatchIds(client, 1);
    const source = tEventSource<{ dispatchUpdated: Update }>(
      streamAddress(nginx.url, dispatchUpdated, { id }),
      await client.token(),
    );
    const versions = () => source.shown.map(({ dispatch }) => dispatch.version);
    await until('it has the state', () => source.shown.length > 0);
    const [first = 0] = versions();

    await Promise.all(servers.map((server) => server.kill('SIGKILL')));
    const opened = source.opened;
    await until('it was answered by nginx', () => source.opened > opened + 1, 30_000);
    const answer = await fetch(`${nginx.url}/graphql`, { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await Promise.all(servers.map((server) => server.start()));
    await assign(client, id, 'A-2');
    await until('it has the change', () => source.shown.length > 1, 30_000);
    expect([versions(), source.isOver]).toEqual([[first, first + 1], false]);
  },
  120_000,
);

alone(
  '2,000 subscriptions through a rolling restart of three processes: nothing is missed, and nobody comes in a crowd',
  async () => {
    const { servers, env } = await tService({ env: { SHUTDOWN_DRAIN_MS: '6000' } });
    const nginx = await tNginx(servers.map(({ port }) => port));
    const client = clientThrough(nginx.url, env);
    const ids = await tDispatchIds(client, 100);
    const watchers = await tWatchers(nginx.wsUrl, client, ids, 2_000);
    const writer = startWriter(client, ids, 40);

    const restarts: { sockets: number; busiestSecond: number; spreadMs: number; spread: number[] }[] = [];
    for (const server of servers) {
      const [sockets = 0] = await connections([server]);
      const before = watchers.reconnects.length;
      expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await server.start();
      await until('its clients are elsewhere', () => watchers.reconnects.length >= before + sockets, 30_000);
      const moments = watchers.reconnects.slice(before);
      const spreadMs = Math.max(...moments) - Math.min(...moments);
      const spread = await connections(servers);
      restarts.push({ sockets, busiestSecond: busiestSecond(moments), spreadMs, spread });
    }
    const versions = await writer.stop();
    await watchers.all(versions);

    const { writes } = writer;
    report({
      subscriptions: 2_000,
      restarts,
      reconnects: watchers.reconnects.length,
      writes,
    });
    expect(watchers.wrong).toEqual([]);
    expect(servers.flatMap((server) => complaintsOf(server))).toEqual([]);
    expect((await connections(servers)).reduce((sum, count) => sum + count, 0)).toBe(2_000);
    for (const { sockets, busiestSecond } of restarts) {
      // Clients that are back take part at once.
      expect(sockets).toBeGreaterThan(300);
      expect(sockets).toBeLessThan(1_200);
      expect(busiestSecond).toBeLessThanOrEqual(sockets / 3);
    }
    expect(writer.unanswered).toBe(0);
  },
  240_000,
);
