/** Proves that a process that stands still holds up nobody for long, and does no harm when it goes on. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tPgBouncer } from '../support/pgbouncer.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedisProxy } from '../support/redis-proxy.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

interface Received {
  readonly message: string;
}

const undos: (() => PromiseLike<void>)[] = [];
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});
afterAll(() => postgres.stop());

const channel = 'general';
const perRequest = 25;
const numbersFrom = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at);

/** Sends messages that are numbered, in order: each is one event. */
async function send({ client }: ServerProcess, numbers: readonly number[]): Promise<void> {
  for (let start = 0; start < numbers.length; start += perRequest) {
    const fields = numbers
      .slice(start, start + perRequest)
      .map((n) => `m${n}: broadcastMessage(channel: "${channel}", message: "number ${n}.") { id }`);
    const { errors } = await client.ask(`mutation { ${fields.join(' ')} }`);
    expect(errors).toBeUndefined();
  }
}

describe.each([
  ['PostgreSQL', async () => postgres.createDatabase()],
  [
    'pgbouncer',
    async () => {
      const bouncer = await tPgBouncer(postgres);
      undos.push(() => bouncer[Symbol.asyncDispose]());
      return bouncer.url(await postgres.createDatabase());
    },
  ],
])('a process that is frozen while it relays, behind %s', (_name, createDatabase) => {
  test('holds up the events of others for a few seconds, and what it appends afterwards is refused', async () => {
    const redis = await tRedis();
    undos.push(() => redis.stop());
    const proxy = await tRedisProxy(redis);
    undos.push(() => proxy[Symbol.asyncDispose]());
    // The log is short: it has forgotten the events that the frozen process appends late.
    const env = { DATABASE_URL: await createDatabase(), EVENT_LOG_MAX_EVENTS: '100' };
    const frozen = await tServerProcess({ ...env, REDIS_URL: proxy.url });
    const other = await tServerProcess({ ...env, REDIS_URL: redis.url });
    const shown = subscribe<Received>(
      tClient(other.wsUrl, await other.client.token()),
      'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message } }',
      { channel },
    );
    await until('it is live', async () => (await other.client.metric('dispatch_subscriptions')) === 1);
    await send(other, [1]);
    await shown.until((events) => events.length === 1);
    // Before it appends anything, it looks once what the log has.
    await send(frozen, [2]);
    await shown.until((events) => events.length === 2);

    const held = proxy.holdCommands();
    await send(frozen, [3]);
    await until('its append is under way', () => held.text.includes('number 3.'));
    frozen.signal('SIGSTOP');
    await send(other, numbersFrom(4, 2_000));
    await shown.until((events) => events.length === 2_003);
    held.release();
    frozen.signal('SIGCONT');
    await send(frozen, [2_004]);
    await shown.until((events) => events.length >= 2_004);
    // Whatever it had in mind has come by the time that it has relayed something new.
    await send(other, [2_005]);
    await shown.until((events) => events.length >= 2_005);
    expect(shown.failures).toEqual([]);
    const numbers = shown.events.map(({ message }) => Number(/\d+/.exec(message)));
    expect(numbers).toEqual(numbersFrom(1, 2_005));
    for (const { lines } of [frozen, other])
      expect(lines.filter((line) => /unforeseen|unhandled|uncaught|fatal/i.test(line))).toEqual([]);
    // Two thousand mutations take six seconds alone, and half a minute on a busy machine.
  }, 240_000);
});
