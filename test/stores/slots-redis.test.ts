/** What the script of slots makes of calls that come late: one that Redis had no script for is sent once more, behind others. */
import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { createSlotMoves, createSlotScript } from '../../src/stores/slots/calls.ts';
import { SlotsRedis } from '../../src/stores/slots/redis.ts';
import type { SlotStep } from '../../src/stores/slots/script.ts';
import type { SlotTake } from '../../src/stores/slots/slots.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const key = { viewer: 'ana', operation: 'one' };
test('what comes behind a later call of its process writes nothing', async () => {
  await using server = await tRedis();
  const redis = new RedisConnections({
    url: server.url,
    keyPrefix: 'slots:',
    name: 'one',
    log: createLogger('silent'),
  });
  try {
    await redis.ready(5_000);
    const [run, moves] = [
      createSlotScript(redis, 'one', { windowMs: 60_000, maxPerViewer: 5 }),
      createSlotMoves(redis),
    ];
    const step = async (call: number, act: SlotStep['act'], position: string | null, generation = 'g1') =>
      (await run(redis.commands, [{ key, act, generation, position, from: 'anybody' }], call))[0];
    const move = (call: number, position: string) =>
      moves(redis.commands, [{ key, generation: 'g1', position }], call);

    expect(await step(10, 'take', 'p0')).toEqual(['new', expect.any(String)]);
    expect(await move(12, 'p2')).toEqual(['written']);
    expect(await move(11, 'p1')).toEqual(['written']);
    expect(await step(14, 'end', 'p4')).toEqual(['written']);
    expect(await step(13, 'renew', 'p3')).toEqual(['written']);
    expect(await step(10, 'take', 'p0')).toEqual(['taken', 'p4', '', '']);
    // Nobody holds it, and it stands where the last one has left it. Another process counts its own calls.
    expect(await step(1, 'take', null, 'g2')).toEqual(['taken', 'p4', 'g1', '', '']);
    expect(await step(2, 'renew', 'p5', 'g2')).toEqual(['written']);
    expect(await step(3, 'take', null, 'g3')).toEqual(['taken', 'p5', 'g2', 'one', '']);
  } finally {
    await redis.close();
  }
});

/** Slots of which nothing was ever kept, on a server that can be started again. */
async function tRestartable() {
  const server = await tRedis({ appendonly: true });
  const log = createLogger('silent');
  const redis = new RedisConnections({ url: server.url, keyPrefix: 'slots:', name: 'one', log });
  const bounds = { windowMs: 60_000, maxPerViewer: 5 };
  const slots = new SlotsRedis({ ...{ redis, log, clock: systemClock }, bounds });
  await redis.ready(5_000);
  await slots.declareNew();
  return {
    slots,
    async restart() {
      await server.restart();
      await until('it is back', () => redis.commands.status === 'ready');
    },
    async [Symbol.asyncDispose]() {
      await slots.close();
      await redis.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test('a server that was started again, or another one, may have lost what came last, and says so', async () => {
  await using place = await tRestartable();
  const { slots } = place;
  const take = (generation: string, operation: string) =>
    slots.take({ key: { viewer: 'ana', operation }, generation, begin: 'p0', from: 'anybody' });
  expect(await take('g1', 'one')).toEqual({ outcome: 'new', lostAt: null });
  await place.restart();
  expect(await take('g2', 'two')).toEqual({ outcome: 'new', lostAt: expect.any(Number) });
  // What is there is there.
  expect(await take('g3', 'one')).toMatchObject({ outcome: 'taken', position: 'p0' });
});

test('a server that may have lost who had asked for a shared place says nobody where it was', async () => {
  await using place = await tRestartable();
  const { slots } = place;
  const take = (generation: string, from: SlotTake['from']) =>
    slots.take({ key, generation, begin: 'p0', from });
  expect(await take('g1', 'nobody')).toEqual({ outcome: 'new', lostAt: null });
  await place.restart();
  expect(await take('g2', 'nobody')).toMatchObject({ outcome: 'held' });
  // Its client may have been beside g1 before, and have seen less.
  const taken = await take('g2', { generation: 'g1' });
  expect(taken).toMatchObject({ outcome: 'taken', position: null, lostAt: expect.any(Number) });
});
