/** Measures what an event takes of Redis' memory, by its kind and by how many its topic has. */
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { systemClock } from '../../src/lib/clock.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { EventLogRedis } from '../../src/stores/event-log/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { startRedis } from '../redis-server.ts';
import { kindsOfEvents } from './events.ts';

/** How the same number of events may lie: a busy topic that is full, and many that have seen a few events each. */
const spreads = [
  { name: '1,000 in a topic', topics: 5, events: 1_000 },
  { name: '6 in a topic', topics: 800, events: 6 },
  { name: '1 in a topic', topics: 3_000, events: 1 },
];

/** Resolves with the table, Markdown. */
export async function runRedisMemory(): Promise<string> {
  const server = await startRedis(null);
  const client = new Redis(server.url);
  const log = pino({ level: 'silent' });
  const redis = new RedisConnections({ url: server.url, keyPrefix: 'dispatch:', name: 'bench', log });
  const bounds = { maxEvents: 1_000, maxAgeMs: 86_400_000 };
  const eventLog = new EventLogRedis({ redis, bounds, clock: systemClock, metrics: createMetrics(), log });
  const lines = [
    `| event | as JSON | ${spreads.map(({ name }) => name).join(' | ')} |`,
    `| --- | ---: | ${spreads.map(() => '---:').join(' | ')} |`,
  ];
  try {
    for (const { name, topic, data } of kindsOfEvents) {
      const cells: string[] = [];
      for (const { topics, events } of spreads) {
        await server.empty();
        const before = await usedBytes(client);
        for (let number = 1; number <= topics; number += 1)
          await eventLog.append(
            Array.from({ length: events }, (_, at) => ({
              topic: topic(number),
              event: { id: `${number}-${at}`, at: systemClock.now(), data },
            })),
          );
        cells.push(kilobytes(((await usedBytes(client)) - before) / (topics * events)));
      }
      lines.push(`| ${name} | ${kilobytes(JSON.stringify(data).length)} | ${cells.join(' | ')} |`);
    }
  } finally {
    await eventLog.close();
    await redis.close();
    client.disconnect();
    await server.stop();
  }
  return lines.join('\n');
}

async function usedBytes(client: Redis): Promise<number> {
  const info = await client.info('memory');
  return Number(/^used_memory:(\d+)/m.exec(info)![1]);
}

const kilobytes = (bytes: number) => `${(bytes / 1_024).toFixed(1)} KB`;
