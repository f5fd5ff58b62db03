/** What presence promises when processes die, and when Redis does. */
import { expect, test } from '@jest/globals';
import type { PresenceOptions, PresentViewer } from '../../src/stores/presence/presence.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { ManualClock } from '../support/clock.ts';
import { tPresence, tPresenceProcess } from '../support/presence-redis.ts';
import { tRedisProxy } from '../support/redis-proxy.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

/** Leases end by Redis's own time: none does within a test, unless it is made to. */
const options: PresenceOptions = { graceMs: 3_600_000, leaseMs: 600_000 };

const viewers = (count: number) => Array.from({ length: count }, (_, index) => `viewer-${index}`);
const sorted = (heard: readonly string[]) => [...heard].sort();
const reports = (viewerIds: readonly string[], kind: 'online' | 'offline') =>
  viewerIds.map((viewerId) => `${viewerId} ${kind}`);

/** Waits for a fact while time goes on, in steps that are short beside every grace period. */
const asTimePasses = (clock: ManualClock, what: string, look: () => Promise<boolean> | boolean) =>
  until(what, async () => {
    await clock.advance(options.leaseMs / 30);
    return look();
  });

test('a killed process takes its connections along when its lease ends, and its viewers go offline once', async () => {
  await using server = await tRedis();
  const clock = new ManualClock();
  const startedAt = clock.now();
  const heard: string[] = [];
  const lastSeen = new Set<number>();
  const noteLastSeen = (viewer: { lastSeen: number }) => void lastSeen.add(viewer.lastSeen);
  await using one = tPresence(server, { ...options, clock }, heard, noteLastSeen);
  await using two = tPresence(server, { ...options, clock }, heard, noteLastSeen);
  await one.connect('both', 'tab-1');
  // More than one step cleans up.
  const viewerIds = viewers(500);
  await using child = await tPresenceProcess(
    server,
    { ...options, clock, viewerIds: [...viewerIds, 'both'] },
    heard,
  );
  expect(await two.presence.count()).toEqual({ connections: 502, viewers: 501 });
  expect((await two.presence.find(['both'])).get('both')?.connectionCount).toBe(2);

  await child.kill('SIGKILL');
  expect(await child.leaseLeftMs()).toBeLessThanOrEqual(options.leaseMs);
  await clock.advance(3 * options.leaseMs);
  expect((await two.presence.count()).connections).toBe(502);
  await child.endLease();
  await until('both wait for their next step', () => clock.pending === 2);
  // The longest time between two looks at the leases of others.
  await clock.advance(options.leaseMs / 3);
  await until('its connections are gone', async () => (await two.presence.count()).connections === 1);
  await until('both wait for their next step', () => clock.pending === 2);
  await clock.advance(options.graceMs - 1);
  expect((await one.presence.count()).viewers).toBe(501);
  await asTimePasses(
    clock,
    'its viewers are offline',
    async () => (await one.presence.count()).viewers === 1,
  );

  await two.connect('later');
  await until('all was heard', () => heard.includes('later online'));
  expect(sorted(heard)).toEqual(
    sorted([
      ...reports(viewerIds, 'online'),
      ...reports(viewerIds, 'offline'),
      'both online',
      'later online',
    ]),
  );
  // When it last renewed its lease, by its own clock.
  expect(lastSeen).toEqual(new Set([startedAt]));
});

test('a process that was stopped for longer than its lease comes back with all its connections', async () => {
  await using server = await tRedis();
  const clock = new ManualClock();
  const heard: string[] = [];
  await using one = tPresence(server, { ...options, clock }, heard);
  await using child = await tPresenceProcess(
    server,
    { ...options, clock, viewerIds: ['ana', 'berta'] },
    heard,
  );
  await child.kill('SIGSTOP');
  await child.endLease();
  await asTimePasses(clock, 'both are offline', () => heard.length === 4);
  const advancing = child.advance(options.leaseMs);
  await child.kill('SIGCONT');
  await advancing;
  await until('both are online again', () => heard.length === 6);
  expect(sorted(heard.slice(0, 2))).toEqual(['ana online', 'berta online']);
  expect(sorted(heard.slice(2, 4))).toEqual(['ana offline', 'berta offline']);
  expect(sorted(heard.slice(4))).toEqual(['ana online', 'berta online']);
  expect(await one.presence.count()).toEqual({ connections: 2, viewers: 2 });
});

test.each([
  ['empty', false],
  ['with what it knew', true],
])(
  'what happens while Redis is away is reported when it is back %s, and nothing twice',
  async (_how, appendonly) => {
    await using server = await tRedis({ appendonly });
    const heard: string[] = [];
    const clock = new ManualClock();
    await using one = tPresence(server, { ...options, clock }, heard);
    await using two = tPresence(server, { ...options, clock }, heard);
    await one.connect('stays');
    await one.connect('moves', 'moves-1');
    await two.connect('leaves');
    await one.connect('left');
    await one.presence.disconnect('left');
    expect(sorted(heard)).toEqual(sorted(reports(['stays', 'moves', 'leaves', 'left'], 'online')));
    heard.length = 0;

    await server.kill('SIGKILL');
    await expect(one.presence.find(['stays'])).rejects.toThrow(Unavailable);
    await expect(one.presence.count()).rejects.toThrow(/presence cannot be reached/i);
    await Promise.all([one.connect('comes'), two.connect('moves', 'moves-2'), two.connect('passes')]);
    await Promise.all(['leaves', 'passes'].map((id) => two.presence.disconnect(id)));
    await one.presence.disconnect('moves-1');
    await expect(two.presence.list(10)).rejects.toThrow(Unavailable);
    expect(heard).toEqual([]);

    await server.restart();
    await asTimePasses(clock, 'both processes have told', async () => {
      const viewerIds = ['stays', 'moves', 'comes', 'leaves', 'left'];
      const found = await one.presence.find(viewerIds).catch(() => new Map<string, PresentViewer>());
      return viewerIds.map((id) => found.get(id)?.connectionCount).join() === '1,1,1,0,0';
    });
    await clock.advance(options.graceMs);
    await asTimePasses(
      clock,
      'who left is offline',
      () => heard.includes('leaves offline') && heard.includes('left offline'),
    );
    expect(await one.presence.list(10)).toHaveLength(3);
    // Who moved may seem to come anew, when all is lost and the process that knew it speaks up second.
    const certain = appendonly ? heard : heard.filter((report) => report !== 'moves online');
    expect(sorted(certain)).toEqual(['comes online', 'leaves offline', 'left offline']);
    expect(heard.length).toBeLessThanOrEqual(4);
    const present = await two.presence.find(['stays', 'moves', 'comes']);
    expect([...present.values()].map(({ connectionCount }) => connectionCount)).toEqual([1, 1, 1]);
    expect(await two.presence.count()).toEqual({ connections: 3, viewers: 3 });
  },
);

test('an answer that gets lost on its way loses no report and doubles none', async () => {
  await using server = await tRedis();
  await using proxy = await tRedisProxy(server);
  const heard: string[] = [];
  const clock = new ManualClock();
  await using one = tPresence(proxy, { ...options, clock }, heard);
  const viewerIds = viewers(8);
  for (const viewerId of viewerIds) {
    proxy.loseNextAnswer();
    await one.connect(viewerId);
  }
  await until('all came', () => heard.length >= viewerIds.length);
  expect(sorted(heard)).toEqual(sorted(reports(viewerIds, 'online')));

  heard.length = 0;
  for (const viewerId of viewerIds) {
    await one.presence.disconnect(viewerId);
    const lostBefore = proxy.lost;
    // Those to the steps that end grace periods as well.
    proxy.loseNextAnswer();
    await asTimePasses(clock, 'an answer was lost', () => proxy.lost > lostBefore);
  }
  await clock.advance(options.graceMs);
  await asTimePasses(clock, 'none is present', () =>
    one.presence.count().then(
      ({ viewers }) => viewers === 0,
      () => false,
    ),
  );
  await until('all left', () => heard.length >= viewerIds.length);
  expect(sorted(heard)).toEqual(sorted(reports(viewerIds, 'offline')));
});

test('a process that closes leaves its viewers to the others, and no key for ever', async () => {
  await using server = await tRedis();
  const heard: string[] = [];
  const clock = new ManualClock();
  const one = tPresence(server, { ...options, clock }, heard);
  const two = tPresence(server, { ...options, clock }, heard);
  await one.connect('ana');
  await two.connect('berta');
  await one.close();
  expect((await two.presence.find(['ana'])).get('ana')?.connectionCount).toBe(0);
  await expect(one.connect('carla')).rejects.toThrow('closed');
  await clock.advance(options.graceMs);
  await asTimePasses(clock, 'ana is offline', () => heard.includes('ana offline'));
  await two.close();
  expect(heard).toEqual(['ana online', 'berta online', 'ana offline']);
  expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
});

test('finds its way without ever walking over keys', async () => {
  await using server = await tRedis();
  const heard: string[] = [];
  const clock = new ManualClock();
  await using one = tPresence(server, { ...options, clock }, heard);
  await using two = tPresence(server, { ...options, clock }, heard);
  await one.connect('ana');
  await two.presence.find(['ana']);
  await two.presence.list(10);
  await two.presence.count();
  await one.presence.disconnect('ana');
  await clock.advance(options.graceMs);
  await asTimePasses(clock, 'ana is offline', () => heard.includes('ana offline'));
  const commands = await server.client.info('commandstats');
  expect(commands).toMatch(/cmdstat_evalsha/);
  expect(commands).not.toMatch(/cmdstat_(h|s|z)?scan|cmdstat_keys/);
});
