/** What every implementation of the signal bus promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { PubSubMemory } from '../../src/stores/pubsub/memory.ts';
import { PubSubRedis } from '../../src/stores/pubsub/redis.ts';
import type { PubSub } from '../../src/stores/pubsub/pubsub.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

interface Subject extends AsyncDisposable {
  readonly bus: PubSub;
  /** The same bus in another process, where the implementation knows such a thing. */
  readonly twin: PubSub;
  /** What was logged. */
  readonly lines: readonly string[];
}

let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

function tLog() {
  const lines: string[] = [];
  return { lines, log: pino({}, { write: (line) => void lines.push(line) }) };
}

async function tMemory(): Promise<Subject> {
  const { lines, log } = tLog();
  const bus = new PubSubMemory({ log });
  return { bus, twin: bus, lines, [Symbol.asyncDispose]: () => bus.close() };
}

async function tShared(): Promise<Subject> {
  const { lines, log } = tLog();
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, bus: new PubSubRedis({ redis, log }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  return {
    bus: one.bus,
    twin: two.bus,
    lines,
    async [Symbol.asyncDispose]() {
      for (const { bus, redis } of [one, two]) {
        await bus.close();
        await redis.close();
      }
      expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
    },
  };
}

const implementations: [string, () => Promise<Subject>][] = [
  ['in memory', tMemory],
  ['on Redis', tShared],
];

describe.each(implementations)('the signal bus %s', (_name, tBus) => {
  test('brings each message to every listener of its channel, in order, on every process', async () => {
    await using subject = await tBus();
    const { bus, twin } = subject;
    const heard: Record<string, unknown[]> = { one: [], two: [], other: [] };
    await bus.subscribe('a', (message) => heard['one']?.push(message));
    await twin.subscribe('a', (message) => heard['two']?.push(message));
    await twin.subscribe('b', (message) => heard['other']?.push(message));
    const messages = [{ id: 1, nested: { list: [1, null, 'ñ'] } }, 'text', 3, null, true, []];
    for (const message of messages) await bus.publish('a', message);
    await twin.publish('b', 'end');
    await until(
      'all was heard',
      () => heard['two']?.length === 6 && heard['one']?.length === 6 && heard['other']?.length,
    );
    expect(heard).toEqual({ one: messages, two: messages, other: ['end'] });
  });

  test('a message that nobody listens to is gone', async () => {
    await using subject = await tBus();
    const { bus, twin } = subject;
    await bus.publish('a', 'early');
    const heard: unknown[] = [];
    await twin.subscribe('a', (message) => heard.push(message));
    await bus.publish('a', 'late');
    await until('one was heard', () => heard.length > 0);
    expect(heard).toEqual(['late']);
  });

  test('is live as soon as subscribe has resolved', async () => {
    await using subject = await tBus();
    const { bus, twin } = subject;
    for (let round = 0; round < 50; round++) {
      const heard: unknown[] = [];
      await twin.subscribe(`round-${round}`, (message) => heard.push(message));
      await bus.publish(`round-${round}`, round);
      await until('it was heard', () => heard.length > 0);
      expect(heard).toEqual([round]);
    }
  });

  test('delivers after publish has returned, never inside of it', async () => {
    await using subject = await tBus();
    const { bus } = subject;
    const happened: string[] = [];
    await bus.subscribe('a', (message) => {
      happened.push(`begin ${message as number}`);
      if (message === 1) void bus.publish('a', 2);
      happened.push(`end ${message as number}`);
    });
    const published = bus.publish('a', 1);
    happened.push('published');
    await published;
    await until('both were heard', () => happened.length === 5);
    expect(happened).toEqual(['published', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  test('what a listener does to its message nobody else sees who published it', async () => {
    await using subject = await tBus();
    const { bus } = subject;
    const message = { list: [1], at: undefined as unknown };
    const heard: unknown[] = [];
    await bus.subscribe('a', (received) => heard.push(received));
    const published = bus.publish('a', message);
    message.list.push(2);
    await published;
    await until('it was heard', () => heard.length > 0);
    expect(heard).toStrictEqual([{ list: [1] }]);
  });

  test('a listener that throws is logged and starves nobody', async () => {
    await using subject = await tBus();
    const { bus, lines } = subject;
    const heard: unknown[] = [];
    await bus.subscribe('a', () => {
      throw new Error('a listener with a bad day');
    });
    await bus.subscribe('a', (message) => heard.push(message));
    await bus.publish('a', 1);
    await bus.publish('a', 2);
    await until('both were heard', () => heard.length === 2);
    expect(lines.filter((line) => line.includes('a listener with a bad day'))).toHaveLength(2);
  });

  test('ends each subscription by itself, also of one function that listens twice', async () => {
    await using subject = await tBus();
    const { bus } = subject;
    const heard: unknown[] = [];
    const listener = (message: unknown) => void heard.push(message);
    const first = await bus.subscribe('a', listener);
    const second = await bus.subscribe('a', listener);
    await bus.publish('a', 1);
    await until('it was heard twice', () => heard.length === 2);
    await first();
    await first();
    await bus.publish('a', 2);
    await until('it was heard once more', () => heard.length === 3);
    await second();

    const again = await bus.subscribe('a', listener);
    await bus.publish('a', 3);
    await until('the new subscription hears', () => heard.length > 3);
    await again();
    expect(heard).toEqual([1, 1, 2, 3]);
  });

  test('who left hears nothing any more, though others of its process do', async () => {
    await using subject = await tBus();
    const { bus } = subject;
    const heard: string[] = [];
    const leave = await bus.subscribe('a', (message) => heard.push(`one ${message as number}`));
    await bus.subscribe('a', (message) => heard.push(`two ${message as number}`));
    const published = bus.publish('a', 1);
    await leave();
    await published;
    await bus.publish('a', 2);
    await until('the other has heard both', () => heard.includes('two 2'));
    expect(heard).toEqual(['two 1', 'two 2']);
  });

  test('refuses work once it is closed', async () => {
    await using subject = await tBus();
    const { bus } = subject;
    await bus.subscribe('a', () => {});
    await bus.close();
    await bus.close();
    await expect(bus.publish('a', 1)).rejects.toThrow('closed');
    await expect(bus.subscribe('a', () => {})).rejects.toThrow('closed');
  });
});
