/** Proves that processes that relay from one database append each event once and in order, even when they die. */
import { describe, expect, test } from '@jest/globals';
import type { DispatchEvent } from '../../src/modules/dispatch/events.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { tServices, type TestService } from '../support/service.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const tService = tServices();

const rounds = 6;
const writers = 6;
const acknowledgedPerRound = 20;

interface Entry {
  readonly offset: number;
  readonly id: string;
  readonly event: DispatchEvent;
}

/** The event log of a topic, read from Redis directly. */
async function readTopic({ redis }: TestService, topic: string): Promise<Entry[]> {
  const entries = await redis.client.xrange(`dispatch:log:{${topic}}:stream`, '-', '+');
  return entries.map(([place, fields]) => {
    const { id, event } = Object.fromEntries(
      fields.flatMap((field, index) => (index % 2 ? [] : [[field, fields[index + 1]!]])),
    ) as { id: string; event: string };
    return { offset: parseInt(place), id, event: (JSON.parse(event) as { data: DispatchEvent }).data };
  });
}

const changesOf = (entries: readonly Entry[]) =>
  entries.map(({ event }) => `${event.dispatch.id} ${event.dispatch.version}`);

/** Writes through any process that answers, until it is stopped. Returns the number of acknowledged changes. */
function startWriting(servers: readonly ServerProcess[]) {
  let acknowledged = 0;
  let isStopped = false;
  const attempt = async (write: () => Promise<unknown>): Promise<void> => {
    await write();
    acknowledged += 1;
  };
  const write = async (server: ServerProcess) => {
    let id = '';
    await attempt(async () => (id = await createDispatch(server.client)));
    await attempt(() => assign(server.client, id));
    for (const estado of ['EN_CAMINO', 'EN_SITIO', 'COMPLETADO'])
      await attempt(() => move(server.client, id, estado));
  };
  const writeOn = async (first: number) => {
    for (let turn = first; !isStopped; turn += 1) {
      try {
        await write(servers[turn % servers.length]!);
      } catch (error) {
        // The process was killed during this request: the next attempt asks another one.
        if ((error as Error).name !== 'TypeError') throw error;
      }
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, index) => writeOn(index)));
  return {
    count: () => acknowledged,
    async stop() {
      isStopped = true;
      await writing;
    },
  };
}

describe('three processes with one database', () => {
  test('append each event once and in order, although they are killed again and again', async () => {
    const service = await tService({ env: { EVENT_LOG_MAX_EVENTS: '1000000' } });
    const { servers, redis, query } = service;
    const writing = startWriting(servers);
    let cutShort = 0;
    for (let round = 0; round < rounds; round += 1) {
      const enough = writing.count() + acknowledgedPerRound;
      await until('writing goes on', () => writing.count() >= enough, 30_000);
      const victim = servers[round % servers.length]!;
      // Every other time there are committed events that cannot be appended when the process dies.
      if (round % 2 === 0) {
        await redis.client.call('CLIENT', 'PAUSE', 60_000, 'WRITE');
        const [before] = await query<{ last: number }>('select max(id)::int as last from events');
        await until('events wait', async () => {
          const [waiting] = await query<{ count: number }>(
            'select count(*)::int from events where relayed_at is null and id > $1',
            [before!.last],
          );
          return waiting!.count >= 5;
        });
        cutShort += 1;
      }
      await victim.kill('SIGKILL');
      if (round % 2 === 0) await redis.client.call('CLIENT', 'UNPAUSE');
      await victim.start();
    }
    await writing.stop();
    await until('all is relayed', async () => {
      const [waiting] = await query<{ count: number }>(
        'select count(*)::int from events where relayed_at is null',
      );
      return waiting!.count === 0;
    });

    const committed = await query<{ id: string; despacho_id: string }>('select id, despacho_id from events');
    const board = await readTopic(service, 'dispatches');
    console.log(
      `${rounds} kills (${cutShort} between commit and append), ${writing.count()} changes acknowledged, ` +
        `${committed.length} committed, ${board.length} appended`,
    );
    expect(committed.length).toBeGreaterThanOrEqual(writing.count());
    expect(board.map(({ offset }) => offset)).toEqual(board.map((_, index) => index + 1));
    expect(new Set(board.map(({ id }) => id)).size).toBe(board.length);
    expect(board.map(({ id }) => Number(id.split('-')[0])).toSorted((a, b) => a - b)).toEqual(
      committed.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
    );
    const dispatches = Map.groupBy(board, ({ event }) => event.dispatch.id);
    for (const [id, entries] of dispatches) {
      const inOrder = entries.map((_, index) => `${id} ${index + 1}`);
      expect(changesOf(entries)).toEqual(inOrder);
      const own = await readTopic(service, `dispatch:${id}`);
      expect(changesOf(own)).toEqual(inOrder);
      expect(own.map(({ offset }) => offset)).toEqual(own.map((_, index) => index + 1));
    }
    expect(dispatches.size).toBe(new Set(committed.map(({ despacho_id }) => despacho_id)).size);
  }, 180_000);
});
