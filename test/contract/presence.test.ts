/** What every implementation of presence promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { PresenceMemory } from '../../src/stores/presence/memory.ts';
import { PresenceRedis } from '../../src/stores/presence/redis.ts';
import type {
  Connection,
  Presence,
  PresenceListener,
  PresenceOptions,
} from '../../src/stores/presence/presence.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

interface Subject extends AsyncDisposable {
  readonly presence: Presence;
  /** The same presence in another process, where the implementation knows such a thing. */
  readonly twin: Presence;
  readonly clock: ManualClock;
  /** What was reported on either process, in order: "ana online", "ana offline". */
  readonly heard: string[];
  readonly lastSeen: Map<string, number>;
}

const options: PresenceOptions = { graceMs: 5_000, leaseMs: 30_000 };
let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

function tHearing() {
  const clock = new ManualClock();
  const heard: string[] = [];
  const lastSeen = new Map<string, number>();
  const listener: PresenceListener = {
    onOnline: ({ viewerId, at }) =>
      void heard.push(`${viewerId} online${at === clock.now() ? '' : ' at another time'}`),
    onOffline: (viewer) => {
      heard.push(`${viewer.viewerId} offline`);
      lastSeen.set(viewer.viewerId, viewer.lastSeen);
    },
  };
  return { clock, heard, lastSeen, listener };
}

async function tMemory(): Promise<Subject> {
  const { listener, ...hearing } = tHearing();
  const presence = new PresenceMemory({ clock: hearing.clock, options, listener });
  return { presence, twin: presence, ...hearing, [Symbol.asyncDispose]: () => presence.close() };
}

async function tShared(): Promise<Subject> {
  const { listener, ...hearing } = tHearing();
  const keyPrefix = `contract-${nextPrefix++}:`;
  const log = createLogger('silent');
  const createProcess = (name: string) => {
    const serverTime = () => hearing.clock.now();
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, serverTime, log });
    return { redis, presence: new PresenceRedis({ redis, clock: hearing.clock, options, listener, log }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  return {
    presence: one.presence,
    twin: two.presence,
    ...hearing,
    async [Symbol.asyncDispose]() {
      for (const { presence, redis } of [one, two]) {
        await presence.close();
        await redis.close();
      }
      expect(hearing.clock.pending).toBe(0);
    },
  };
}

const connection = (connectionId: string, viewerId: string, rest: Partial<Connection> = {}): Connection => ({
  connectionId,
  viewerId,
  name: null,
  role: null,
  connectedAt: 0,
  ...rest,
});

const implementations: [string, () => Promise<Subject>][] = [
  ['in memory', tMemory],
  ['on Redis', tShared],
];

describe.each(implementations)('presence %s', (_name, tPresence) => {
  test('reports a viewer once when they come, however many connections they make, on any process', async () => {
    await using subject = await tPresence();
    const { presence, twin, heard } = subject;
    await presence.connect(connection('tab-1', 'ana'));
    expect(heard).toEqual(['ana online']);
    await twin.connect(connection('tab-2', 'ana'));
    await presence.connect(connection('tab-3', 'ana'));
    await twin.connect(connection('tab-4', 'berta'));
    expect(heard).toEqual(['ana online', 'berta online']);
    expect(await twin.count()).toEqual({ connections: 4, viewers: 2 });
  });

  test('a viewer with two tabs on two processes stays online when one closes', async () => {
    await using subject = await tPresence();
    const { presence, twin, clock, heard } = subject;
    await presence.connect(connection('tab-1', 'ana'));
    await twin.connect(connection('tab-2', 'ana'));
    await presence.disconnect('tab-1');
    await clock.advance(10 * options.graceMs);
    expect((await presence.find(['ana'])).get('ana')?.connectionCount).toBe(1);
    expect(heard).toEqual(['ana online']);
  });

  test('a viewer goes offline when their grace period ends, not before, and was last seen when they left', async () => {
    await using subject = await tPresence();
    const { presence, twin, clock, heard, lastSeen } = subject;
    await presence.connect(connection('tab-1', 'ana'));
    await clock.advance(60_000);
    const leftAt = clock.now();
    await presence.disconnect('tab-1');
    await clock.advance(options.graceMs - 1);
    expect((await twin.find(['ana'])).get('ana')?.connectionCount).toBe(0);
    expect(heard).toEqual(['ana online']);

    await clock.advance(1);
    await until('ana is offline', () => heard.includes('ana offline'));
    expect(lastSeen.get('ana')).toBe(leftAt);
    expect(await twin.find(['ana'])).toEqual(new Map());
    expect(await twin.list(10)).toEqual([]);
    expect(await twin.count()).toEqual({ connections: 0, viewers: 0 });
  });

  test('a viewer who comes back within the grace period was never away', async () => {
    await using subject = await tPresence();
    const { presence, twin, clock, heard } = subject;
    await presence.connect(connection('tab-1', 'ana'));
    await presence.disconnect('tab-1');
    await clock.advance(options.graceMs - 1);
    await twin.connect(connection('tab-2', 'ana'));
    await clock.advance(10 * options.graceMs);
    expect((await presence.find(['ana'])).get('ana')?.connectionCount).toBe(1);
    expect(heard).toEqual(['ana online']);
  });

  test('each coming and each going is reported, again and again', async () => {
    await using subject = await tPresence();
    const { presence, twin, clock, heard } = subject;
    for (const [tab, process] of [presence, twin, presence].entries()) {
      await process.connect(connection(`tab-${tab}`, 'ana'));
      await process.disconnect(`tab-${tab}`);
      await clock.advance(options.graceMs);
      await until('ana is offline', () => heard.length === 2 * (tab + 1));
    }
    expect(heard).toEqual(Array.from({ length: 3 }, () => ['ana online', 'ana offline']).flat());
  });

  test('shows a viewer as their newest connection describes them, present since their oldest', async () => {
    await using subject = await tPresence();
    const { presence, twin } = subject;
    await presence.connect(connection('tab-1', 'ana', { name: 'Ana', role: 'doctor', connectedAt: 1_000 }));
    await twin.connect(connection('tab-2', 'ana', { name: 'Dr. Ana', role: null, connectedAt: 2_000 }));
    const ana = { viewerId: 'ana', name: 'Dr. Ana', role: null, connectedAt: 1_000, connectionCount: 2 };
    expect(await presence.find(['nobody', 'ana'])).toEqual(new Map([['ana', ana]]));

    await presence.disconnect('tab-1');
    expect((await twin.find(['ana'])).get('ana')).toEqual({ ...ana, connectedAt: 2_000, connectionCount: 1 });
    await twin.disconnect('tab-2');
    expect((await presence.find(['ana'])).get('ana')).toEqual({
      ...ana,
      connectedAt: 2_000,
      connectionCount: 0,
    });
    expect(await presence.find([])).toEqual(new Map());
  });

  test('lists who is online, longest connected first, up to the limit', async () => {
    await using subject = await tPresence();
    const { presence, twin } = subject;
    await presence.connect(connection('tab-1', 'carla', { connectedAt: 3_000 }));
    await twin.connect(connection('tab-2', 'berta', { connectedAt: 1_000 }));
    await presence.connect(connection('tab-3', 'ana', { connectedAt: 2_000 }));
    await twin.connect(connection('tab-4', 'carla', { connectedAt: 500 }));
    const names = async (limit: number) => (await presence.list(limit)).map(({ viewerId }) => viewerId);
    expect(await names(10)).toEqual(['carla', 'berta', 'ana']);
    expect(await names(2)).toEqual(['carla', 'berta']);
    expect(await names(0)).toEqual([]);
  });

  test('ignores connections it does not know, and ends that come twice', async () => {
    await using subject = await tPresence();
    const { presence, clock, heard } = subject;
    await presence.connect(connection('tab-1', 'ana'));
    await presence.disconnect('tab-0');
    await presence.disconnect('tab-1');
    await clock.advance(options.graceMs / 2);
    await presence.disconnect('tab-1');
    await clock.advance(options.graceMs / 2);
    await until('ana is offline', () => heard.includes('ana offline'));
    expect(heard).toEqual(['ana online', 'ana offline']);
  });

  test('takes any id as it is', async () => {
    await using subject = await tPresence();
    const { presence, clock, heard } = subject;
    const viewerIds = ['{}', '"', '\\', 'señora/ñ', '1', 'a:b c', '__proto__'];
    await Promise.all(viewerIds.map((id) => presence.connect(connection(`tab of ${id}`, id, { name: id }))));
    expect([...(await presence.find(viewerIds)).values()].map(({ name }) => name)).toEqual(viewerIds);
    await Promise.all(viewerIds.map((id) => presence.disconnect(`tab of ${id}`)));
    await clock.advance(options.graceMs);
    await until('all are offline', () => heard.length === 2 * viewerIds.length);
    expect(new Set(heard).size).toBe(2 * viewerIds.length);
  });
});
