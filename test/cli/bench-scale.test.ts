/** Proves of the table `scale` of the bench that a process pays for what its own clients watch, and that it says how many ran. */
import { expect, test } from '@jest/globals';
import { startRedis } from '../../bench/redis-server.ts';
import { Cluster } from '../../bench/tables/scale/cluster.ts';
import { measureScene, type SceneFigures } from '../../bench/tables/scale/measure.ts';
import { countsWithin, scenesOf } from '../../bench/tables/scale/scale.ts';
import { formatScale } from '../../bench/tables/scale/table.ts';
import { tPostgres } from '../support/postgres.ts';

test('Redis sends a process no event that nobody on it watches, and the board to all', async () => {
  const redis = await startRedis(null);
  const postgres = await tPostgres();
  try {
    const many = { sockets: 8, topics: 4, perSocket: 1, eventsPerSecond: 40 };
    await using cluster = await Cluster.start({
      ...{ processes: 2, cores: { server: null, others: null }, redisUrl: redis.url },
      ...{ databaseUrl: await postgres.createDatabase(), dispatches: many.topics, sockets: many.sockets },
    });
    const figures: SceneFigures[] = [];
    for (const scene of scenesOf(2, many, { sockets: 4, eventsPerSecond: 20 }))
      figures.push(await measureScene(cluster, scene, redis.pid, 0.05));
    const [one, parts, board] = figures;
    expect(one!.unwatchedEventsRead).toBe(0);
    expect(parts!.unwatchedEventsRead).toBeNull();
    for (const { deliveriesPerSecond, busiestShare } of [one!, parts!, board!]) {
      expect(deliveriesPerSecond).toBeGreaterThan(0);
      expect(busiestShare).toBeGreaterThan(0);
    }
    const table = formatScale(figures, 4);
    const cells = table.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split('|').length] : []));
    expect(new Set(cells).size).toBe(1);
    expect(table).toMatch(/\| all watch the board +\| +2 \|[^]*no memory for more than 4/);
  } finally {
    await postgres.stop();
    await redis.stop();
  }
}, 120_000);

test('processes are shared out: each topic is watched once more, and no socket is lost', () => {
  const many = { sockets: 1_000, topics: 500, perSocket: 1, eventsPerSecond: 1_000 };
  const parts = scenesOf(4, many, { sockets: 200, eventsPerSecond: 200 }).find(
    ({ audiences }) => audiences.length === 4,
  )!;
  const topics = parts.audiences.flatMap(({ subscribing }) =>
    Array.from({ length: subscribing.topics }, (_, at) => subscribing.firstTopic! + at),
  );
  expect(topics).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
  expect(parts.audiences.reduce((sum, { sockets }) => sum + sockets, 0)).toBe(1_000);
});

test('as many processes run as there is memory for, and one always', () => {
  expect(countsWithin(64_000)).toEqual([1, 2, 4, 10]);
  expect(countsWithin(2_000)).toEqual([1, 2, 4]);
  expect(countsWithin(100)).toEqual([1]);
});
