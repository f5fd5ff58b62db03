/** The promises of the relay: every committed event reaches the event log, once and in order, through outages and deaths. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { Relay, type RelayRequest } from '../../src/db/relay.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { DispatchEvent } from '../../src/modules/dispatch/events.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, position, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();

/** What was appended to the event log, call by call. */
class Appended {
  readonly calls: (readonly RelayRequest[])[] = [];
  /** What an append does beside that; it fails if this throws. */
  behave: () => void | Promise<void> = () => {};

  /** The turns of the calls. */
  readonly turns: (number | null)[] = [];

  readonly append = async (requests: readonly RelayRequest[], turn: number | null) => {
    this.calls.push(requests);
    this.turns.push(turn);
    await this.behave();
    return requests.map(({ topic }) => ({ epoch: `log of ${topic}`, offset: this.of(topic).length }));
  };

  get requests(): RelayRequest[] {
    return this.calls.flat();
  }

  of(topic: string): RelayRequest['event'][] {
    return this.requests.filter((appended) => appended.topic === topic).map(({ event }) => event);
  }
}

function tRelay(
  database: Database,
  appended: Appended,
  {
    clock = systemClock,
    pollMs,
    keptEvents = 1_000,
  }: { clock?: Clock; pollMs?: number | null; keptEvents?: number } = {},
) {
  const metrics = createMetrics();
  const log = createLogger('silent');
  const polling = pollMs === undefined ? {} : { pollMs };
  const looks = countLooks(database);
  const relay = new Relay({ database, append: appended.append, keptEvents, clock, log, metrics, ...polling });
  databases.cleanUp(() => relay.close());
  const count = async (name: 'relayed' | 'relayFailures') => (await metrics[name].get()).values[0]?.value;
  return { relay, count, looks };
}

/** Counts how often somebody has looked for events, found or not. */
function countLooks(database: Database): { readonly ended: number } {
  const relay = database.relay.bind(database);
  const looks = { ended: 0 };
  database.relay = (limit, handOver) => relay(limit, handOver).finally(() => (looks.ended += 1));
  return looks;
}

const unrelayed = async (database: Database) =>
  (await database.query.selectFrom('events').select('id').where('relayed_at', 'is', null).execute()).length;

const untilRelayed = (database: Database) =>
  until('every event is marked as relayed', async () => (await unrelayed(database)) === 0);

const versions = (events: RelayRequest['event'][]) =>
  events.map(({ data }) => (data as DispatchEvent).dispatch.version);

describe.each(databaseKinds)('the relay on %s', (kind) => {
  test('appends what is committed, as it was stored, to each of its topics', async () => {
    const database = await databases.open(kind);
    const { dispatches, locations, follows, audit, clock } = tRepositories(database);
    const appended = new Appended();
    const { relay, count } = tRelay(database, appended);
    await dispatches.create(request, 'ana');
    relay.start();
    await clock.advance(1000);
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    await locations.report('1', position, byAna);
    await follows.follow('luz', '1');
    await until('all four are relayed', async () => (await count('relayed')) === 4);

    const cells = appended.requests.filter(({ topic }) => topic.startsWith('area:'));
    expect(cells.length).toBeGreaterThan(0);
    expect(new Set(cells.map(({ event }) => event.id)).size).toBe(1);
    const others = appended.requests.filter((request) => !cells.includes(request));
    expect(others.map(({ topic }) => topic)).toEqual([
      'dispatch:1',
      'dispatches',
      'dispatch:1',
      'dispatches',
      'assignment:A-7',
      'location:1',
      'dispatches',
    ]);
    const stored = (await audit.list({}, 10)).reverse();
    expect(appended.of('dispatches').map(({ data }) => data)).toEqual(
      [0, 1, 3].map((index) => stored[index]?.data),
    );
    expect(appended.of('dispatches').map(({ at }) => at - Date.UTC(2026, 0, 1))).toEqual([0, 1000, 1000]);
    expect(appended.of('dispatch:1').map(({ id }) => id)).toEqual(
      appended
        .of('dispatches')
        .slice(0, 2)
        .map(({ id }) => id),
    );
    expect(new Set(appended.requests.map(({ event }) => event.id)).size).toBe(4);
    expect(await unrelayed(database)).toBe(0);
  });

  test('is woken by the commit, without a poll', async () => {
    const database = await databases.open(kind);
    const appended = new Appended();
    const { relay, looks } = tRelay(database, appended, { clock: new ManualClock(), pollMs: null });
    relay.start();
    await until('it has found nothing', () => looks.ended > 0);
    await tRepositories(database).dispatches.create(request, 'ana');
    await until('the event is appended', () => appended.requests.length === 2);
  });

  test('takes no batch of which the event log would forget the first events before the last ones', async () => {
    const database = await databases.open(kind);
    const { messages } = tRepositories(database);
    await Promise.all(
      Array.from({ length: 25 }, (_, index) => messages.broadcast('general', `${index}`, 'ana')),
    );
    const appended = new Appended();
    const { relay } = tRelay(database, appended, { keptEvents: 10 });
    relay.start();
    await untilRelayed(database);

    expect(appended.calls.map((requests) => requests.length)).toEqual([10, 10, 5]);
  });

  test('takes a backlog in batches, in order', async () => {
    const database = await databases.open(kind);
    const { messages } = tRepositories(database);
    await Promise.all(
      Array.from({ length: 1_100 }, (_, index) => messages.broadcast('general', `${index}`, 'ana')),
    );
    const appended = new Appended();
    const { relay } = tRelay(database, appended);
    relay.start();
    await untilRelayed(database);
    expect(appended.calls.map(({ length }) => length)).toEqual([500, 500, 100]);
    expect(appended.of('message:general').map(({ data }) => data)).toEqual(
      (await messages.history('general', 2_000)).reverse(),
    );
  });

  test('keeps events while the log is down, and appends them when it is back', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const clock = new ManualClock();
    const appended = new Appended();
    appended.behave = () => {
      throw new Error('the log is down');
    };
    const { relay, count } = tRelay(database, appended, { clock, pollMs: null });
    relay.start();
    await dispatches.create(request, 'ana');
    for (const [tries, pauseMs] of [100, 200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
      await until(`try ${tries + 1} has failed`, () => clock.pending === 1);
      expect(appended.calls).toHaveLength(tries + 1);
      await dispatches.updateStatus('1', 'CANCELADO', byAna);
      await clock.advance(pauseMs - 1);
      expect(appended.calls).toHaveLength(tries + 1);
      if (tries === 7) appended.behave = () => {};
      await clock.advance(1);
    }
    await until('both events are relayed', async () => (await count('relayed')) === 2);
    expect(await count('relayFailures')).toBe(8);
    expect(
      versions(
        appended.calls
          .slice(8)
          .flat()
          .filter(({ topic }) => topic === 'dispatch:1')
          .map(({ event }) => event),
      ),
    ).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });

  test('appends an event again, under the same id, when it cannot know that it was appended', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    await dispatches.create(request, 'ana');
    const appended = new Appended();
    let crashes = 1;
    appended.behave = () => {
      if (crashes-- > 0) throw new Error('crashed after the append');
    };
    const { relay } = tRelay(database, appended);
    relay.start();
    await untilRelayed(database);
    expect(appended.calls).toHaveLength(2);
    expect(appended.calls[1]).toEqual(appended.calls[0]);
    relay.wake();
    await relay.close();
    expect(appended.calls).toHaveLength(2);
  });

  test('finishes its batch when it is closed, and no other', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const appended = new Appended();
    let finish = () => {};
    appended.behave = () => new Promise((resolve) => (finish = resolve));
    const { relay } = tRelay(database, appended);
    await dispatches.create(request, 'ana');
    relay.start();
    await until('the append has begun', () => appended.calls.length === 1);
    await dispatches.create(request, 'ana');
    const closed = relay.close();
    finish();
    await closed;
    await dispatches.create(request, 'ana');
    expect(appended.calls).toHaveLength(1);
    expect(await unrelayed(database)).toBe(2);
  });

  test('does not wait for the log to come back when it is closed', async () => {
    const database = await databases.open(kind);
    await tRepositories(database).dispatches.create(request, 'ana');
    const appended = new Appended();
    appended.behave = () => {
      throw new Error('the log is down');
    };
    const clock = new ManualClock();
    const { relay } = tRelay(database, appended, { clock, pollMs: null });
    relay.start();
    await until('it pauses', () => clock.pending === 1);
    await relay.close();
    expect(clock.pending).toBe(0);
    expect(await unrelayed(database)).toBe(1);
  });

  test('gives events of a database that was set up anew other ids than the old ones have', async () => {
    const ids: string[] = [];
    for (const startAt of [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]) {
      const database = await databases.open(kind);
      const { dispatches, clock } = tRepositories(database);
      await clock.advance(startAt - clock.now());
      expect((await dispatches.create(request, 'ana')).id).toBe('1');
      const appended = new Appended();
      tRelay(database, appended).relay.start();
      await untilRelayed(database);
      ids.push(appended.requests[0]!.event.id);
    }
    expect(new Set(ids).size).toBe(2);
  });
});

describe('relays of several processes on one PostgreSQL', () => {
  async function tProcess(url: string, appended: Appended, options: { pollMs?: number | null } = {}) {
    const database = await databases.openPostgres(url);
    return { database, ...tRepositories(database), ...tRelay(database, appended, options) };
  }

  test('append each event once, those of one dispatch in order', async () => {
    const url = await databases.emptyPostgres();
    const appended = new Appended();
    const processes = [await tProcess(url, appended), await tProcess(url, appended)];
    for (const { relay } of processes) relay.start();
    const ids = (
      await Promise.all([0, 1, 0, 1].map((index) => processes[index]!.dispatches.create(request, 'ana')))
    ).map(({ id }) => id);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        processes[index % 2]!.dispatches.assign(ids[index % 4]!, { id: `A-${index}`, placa: null }, byAna),
      ),
    );
    await untilRelayed(processes[0]!.database);
    const all = appended.of('dispatches').map(({ id }) => id);
    expect(all).toHaveLength(204);
    expect(new Set(all).size).toBe(204);
    for (const id of ids) {
      const events = appended.of(`dispatch:${id}`);
      expect(versions(events)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
      const rows = events.map((event) => Number.parseInt(event.id));
      expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    }
  });

  test('append one batch at a time', async () => {
    const url = await databases.emptyPostgres();
    const appended = new Appended();
    const [first, second] = [await tProcess(url, appended), await tProcess(url, appended)];
    let finish = () => {};
    appended.behave = () => new Promise((resolve) => (finish = resolve));
    first.relay.start();
    await first.dispatches.create(request, 'ana');
    await until('the first append has begun', () => appended.calls.length === 1);
    second.relay.start();
    await second.dispatches.updateStatus('1', 'CANCELADO', byAna);
    await until('the second one waits for its turn', () => second.looks.ended > 5);
    expect(appended.calls).toHaveLength(1);
    appended.behave = () => {};
    finish();
    await untilRelayed(first.database);
    expect(versions(appended.of('dispatch:1'))).toEqual([1, 2]);
  });

  test('take over from one that stands still, under a higher turn', async () => {
    const url = await databases.emptyPostgres();
    const [frozen, appended] = [new Appended(), new Appended()];
    const [first, second] = [await tProcess(url, frozen), await tProcess(url, appended)];
    frozen.behave = () => new Promise(() => {});
    // Its turn is not kept: nothing runs in a process that stands still.
    const standstill = { ...systemClock, after: () => () => {} };
    const still = await databases.openPostgres(url, { clock: standstill });
    await first.dispatches.create(request, 'ana');
    void still.relay(500, (rows, turn) =>
      frozen.append(rows as never, turn).then(() => ({ at: '', positions: new Map() })),
    );
    await until('the first append has begun', () => frozen.calls.length === 1);
    second.relay.start();
    await until('the other one appends', () => appended.calls.length === 1);
    expect(appended.turns[0]).toBeGreaterThan(frozen.turns[0]!);
    await untilRelayed(first.database);
  });

  test('append what was left over by a process that died between commit and append', async () => {
    const url = await databases.emptyPostgres();
    const dead = await databases.openPostgres(url);
    const appended = new Appended();
    const { relay, looks } = await tProcess(url, appended, { pollMs: 20 });
    relay.start();
    await until('it has found nothing', () => looks.ended > 0);
    await tRepositories(dead).dispatches.create(request, 'ana');
    await until('the event is appended', () => appended.requests.length === 2);
  });

  test('append an event that was committed after one with a higher id', async () => {
    const url = await databases.emptyPostgres();
    const appended = new Appended();
    const { database, dispatches, relay, count } = await tProcess(url, appended);
    const early = {
      type: 'x',
      despachoId: null,
      actorId: null,
      at: '2026-01-01T00:00:00.000Z',
      topics: ['early'],
      payload: {},
    };
    relay.start();
    await database.change(async (change) => {
      await change.writeEvent(early);
      await dispatches.create(request, 'ana');
      await until('the later event is relayed', async () => (await count('relayed')) === 1);
      expect(appended.requests.map(({ topic }) => topic)).toEqual(['dispatch:1', 'dispatches']);
    });
    await until('the early one is relayed', async () => (await count('relayed')) === 2);
    expect(appended.requests.map(({ topic }) => topic)).toEqual(['dispatch:1', 'dispatches', 'early']);
  });

  test('go on when the connection breaks in the middle of a batch', async () => {
    const url = await databases.emptyPostgres();
    const appended = new Appended();
    const { dispatches, relay, count } = await tProcess(url, appended);
    const other = await databases.openPostgres(url);
    const held = Promise.withResolvers<void>();
    let breaking: Promise<void> | undefined;
    // Somebody holds the events, and ends the connection that waits to mark them.
    const breakOne = () =>
      other.change(async ({ query }) => {
        await sql`select 1 from events for update`.execute(query);
        held.resolve();
        await until('the marks wait', async () => {
          const { rows } = await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`.execute(other.query);
          return rows.length > 0;
        });
      });
    appended.behave = () => {
      breaking ??= breakOne();
      return held.promise;
    };
    relay.start();
    await dispatches.create(request, 'ana');
    await until('the event is relayed', async () => (await count('relayed')) === 1);
    expect(appended.calls).toHaveLength(2);
    expect(appended.calls[1]).toEqual(appended.calls[0]);
    // What is left of the first call may come late: it belongs to an older turn.
    expect(appended.turns[1]).toBeGreaterThan(appended.turns[0]!);
    await breaking;
    expect(await count('relayFailures')).toBe(1);
    expect(await unrelayed(other)).toBe(0);
  });
});
