/** What is promised of keys of mutations, on every database. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Change } from '../../src/db/change.ts';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { createMutationKey, type NamedMutation } from '../../src/lib/mutation-key.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, clientError, position, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';
import { withoutAssignment } from '../support/without-assignment.ts';

const databases = tDatabases();
const dayMs = 24 * 60 * 60_000;

const keyOf = (mutation: Partial<NamedMutation> = {}) =>
  createMutationKey({
    ...{ viewerId: 'ana', idempotencyKey: 'k', responseName: 'created', field: 'createDispatch' },
    ...{ args: { input: { prioridad: 'ALTA', incidente: 'OTRO' } } },
    ...mutation,
  });

/** Numbers its runs, and writes a row for each. */
function tCounting(database: Database, clock = new ManualClock()) {
  const told: string[] = [];
  const keys = new MutationKeys(database, clock, (outcome) => told.push(outcome));
  let runs = 0;
  const run = async (change: Change) => {
    runs += 1;
    await change.query
      .insertInto('record_facts')
      .values({ name: `run ${runs}`, value: String(runs) })
      .execute();
    return runs;
  };
  const effectOf = (value: number) => ({ value });
  const recall = ({ value }: { value: number }) => Promise.resolve(value);
  return { clock, keys, told, counted: { run, effectOf, recall }, runs: () => runs };
}

const rows = async (database: Database): Promise<number> =>
  (await database.query.selectFrom('mutation_keys').select('id').execute()).length;

test('a mutation is named by viewer, key and response name, and known by its field and arguments', () => {
  const key = keyOf();
  expect(keyOf({ args: { input: { incidente: 'OTRO', prioridad: 'ALTA' } } })).toEqual(key);
  for (const other of [{ viewerId: 'luz' }, { idempotencyKey: 'l' }, { responseName: 'other' }]) {
    expect(keyOf(other).id).not.toBe(key.id);
    expect(keyOf(other).content).toBe(key.content);
  }
  for (const other of [{ field: 'other' }, { args: {} }, { args: { input: { prioridad: 'BAJA' } } }]) {
    expect(keyOf(other).id).toBe(key.id);
    expect(keyOf(other).content).not.toBe(key.content);
  }
  // Where one part ends and the next begins makes a difference.
  expect(keyOf({ viewerId: 'anak', idempotencyKey: '' }).id).not.toBe(key.id);
  expect(JSON.stringify(keyOf({ idempotencyKey: 'Bearer secret' }))).not.toContain('secret');
});

describe.each(databaseKinds)('on %s', (kind) => {
  test('a change with a key is made once, at whatever time it is asked for again', async () => {
    const database = await databases.open(kind);
    const { keys, counted, runs } = tCounting(database);
    const results = await Promise.all(Array.from({ length: 5 }, () => keys.change(keyOf(), counted)));
    expect(results).toEqual([1, 1, 1, 1, 1]);
    expect(await keys.change(keyOf(), counted)).toBe(1);
    expect(await keys.change(keyOf({ viewerId: 'luz' }), counted)).toBe(2);
    expect(await keys.change(null, counted)).toBe(3);
    expect(runs()).toBe(3);
  });

  test('what becomes of mutations with a key is told to whoever counts', async () => {
    const database = await databases.open(kind);
    const { keys, counted, clock, told } = tCounting(database);
    await keys.change(keyOf(), counted);
    await keys.change(keyOf(), counted);
    await keys.change(keyOf({ args: {} }), counted).catch(() => undefined);
    await keys.change(null, counted);
    expect(told).toEqual(['made', 'repeated', 'reused']);
    await clock.advance(2 * dayMs);
    const deleted: number[] = [];
    expect(await keys.deleteExpired((count) => deleted.push(count))).toBe(1);
    expect(deleted).toEqual([1]);
  });

  test('another mutation with the same key is refused, and makes nothing', async () => {
    const database = await databases.open(kind);
    const { keys, counted, runs } = tCounting(database);
    await keys.change(keyOf(), counted);
    const refusal = clientError('BAD_USER_INPUT', { reason: 'IDEMPOTENCY_KEY_REUSED' });
    await expect(keys.change(keyOf({ args: {} }), counted)).rejects.toMatchObject(refusal);
    await expect(keys.begin(keyOf({ args: {} }), 1_000)).rejects.toMatchObject(refusal);
    await expect(keys.outside(keyOf({ args: {} }), () => undefined)).rejects.toMatchObject(refusal);
    expect(runs()).toBe(1);
  });

  test('what is not committed is not kept', async () => {
    const database = await databases.open(kind);
    const { keys, counted } = tCounting(database);
    const failing = {
      ...counted,
      async run(change: Change): Promise<number> {
        await counted.run(change);
        throw new Error('refused');
      },
    };
    await expect(keys.change(keyOf(), failing)).rejects.toThrow('refused');
    expect(await rows(database)).toBe(0);
    expect(await keys.change(keyOf(), counted)).toBe(2);
  });

  test('a key is kept for a day, and deleted afterwards', async () => {
    const database = await databases.open(kind);
    const { clock, keys, counted } = tCounting(database);
    await keys.change(keyOf(), counted);
    await clock.advance(dayMs - 1);
    expect(await keys.deleteExpired()).toBe(0);
    expect(await keys.change(keyOf(), counted)).toBe(1);
    await clock.advance(1);
    // Not deleted yet, and all the same no longer known.
    expect(await keys.recall(keyOf())).toBeNull();
    expect(await keys.change(keyOf({ args: {} }), counted)).toBe(2);
    expect(await rows(database)).toBe(1);
    await clock.advance(dayMs + 1);
    for (let count = 0; count < 3; count += 1)
      await keys.change(keyOf({ idempotencyKey: `fresh ${count}` }), counted);
    expect(await keys.deleteExpired()).toBe(1);
    expect(await rows(database)).toBe(3);
  });

  test('of many that are too old all are deleted', async () => {
    const database = await databases.open(kind);
    const { clock, keys } = tCounting(database);
    const expires_at = new Date(clock.now()).toISOString();
    const old = Array.from({ length: 1_001 }, (_, at) => ({
      ...{ id: String(at), content: '', effect: '{}', until: null, expires_at },
    }));
    await database.query.insertInto('mutation_keys').values(old).execute();
    await clock.advance(1);
    expect(await keys.deleteExpired()).toBe(1_001);
  });

  test('what another service carries out is under way, then unknown, then done', async () => {
    const database = await databases.open(kind);
    const { clock, keys } = tCounting(database);
    expect(await keys.begin(keyOf(), 1_000)).toBeNull();
    expect(await keys.begin(keyOf(), 1_000)).toEqual({ state: 'under way' });
    await clock.advance(1_000);
    expect(await keys.begin(keyOf(), 1_000)).toEqual({ state: 'unknown' });
    await keys.keep(keyOf().id, { value: 1 });
    expect(await keys.begin(keyOf(), 1_000)).toEqual({ state: 'done', effect: { value: 1 } });
    // The first effect is the effect, and nobody takes it away.
    await keys.keep(keyOf().id, { value: 2 });
    await keys.abandon(keyOf());
    await keys.forget(keyOf());
    expect(await keys.recall(keyOf())).toEqual({ state: 'done', effect: { value: 1 } });
  });

  test('each change of the repositories is answered as it was made, whatever has happened since', async () => {
    const database = await databases.open(kind);
    const { dispatches, follows, locations, messages, audit } = tRepositories(database);
    let count = 0;
    const asked: [() => Promise<unknown>, unknown][] = [];
    const once = async <T>(make: (key: ReturnType<typeof keyOf>) => Promise<T>): Promise<T> => {
      count += 1;
      const key = keyOf({ idempotencyKey: String(count) });
      const made = await make(key);
      asked.push([() => make(key), made]);
      return made;
    };
    const { id } = await once((key) => dispatches.create(request, 'ana', key));
    await once((key) =>
      dispatches.assign(id, { id: 'A-1', placa: null }, { ...byAna, expectedVersion: 1, key }),
    );
    await once((key) => dispatches.assign(id, { id: 'A-1', placa: null }, { ...byAna, key }));
    await once((key) => follows.follow('ana', id, key));
    await once((key) => dispatches.updateStatus(id, 'EN_CAMINO', { ...byAna, expectedVersion: 2, key }));
    await once((key) => follows.follow('ana', id, key));
    await once((key) => follows.unfollow('ana', id, key));
    await once((key) => locations.report(id, position, { ...byAna, key }));
    await once((key) => messages.broadcast('general', 'Hola', 'ana', key));
    await dispatches.updateStatus(id, 'CANCELADO', byAna);
    const before = await audit.list({}, 100);
    for (const [again, made] of asked) expect(withoutAssignment(await again())).toEqual(made);
    expect(await audit.list({}, 100)).toEqual(before);
  });

  test('where the event is no longer kept, a dispatch is answered as it is', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { id } = await dispatches.create(request, 'ana', keyOf());
    const current = await dispatches.updateStatus(id, 'CANCELADO', byAna);
    await database.query.deleteFrom('events').execute();
    expect(await dispatches.create(request, 'ana', keyOf())).toEqual(current);
  });
});

describe('on PostgreSQL with two processes', () => {
  async function tTwo() {
    const url = await databases.emptyPostgres();
    const one = await databases.openPostgres(url);
    return [one, await databases.openPostgres(url)] as const;
  }

  /** Whether somebody waits for a lock of somebody else. */
  const isWaiting = async (database: Database): Promise<boolean> => {
    const { rows: waiting } = await sql`select pid from pg_stat_activity
      where wait_event_type = 'Lock' and query like '%mutation_keys%'`.execute(database.query);
    return waiting.length > 0;
  };

  test.each(['commits', 'fails'])('the second waits to see whether the first %s', async (how) => {
    const [one, two] = await tTwo();
    const first = tCounting(one);
    const second = tCounting(two);
    const hold = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const held = first.keys.change(keyOf(), {
      ...first.counted,
      async run(change: Change) {
        const value = await first.counted.run(change);
        entered.resolve();
        await hold.promise;
        return value + 10;
      },
    });
    await entered.promise;
    const waiting = second.keys.change(keyOf(), second.counted);
    await until('the second waits', () => isWaiting(two));
    expect(second.runs()).toBe(0);
    if (how === 'commits') {
      hold.resolve();
      expect(await held).toBe(11);
      expect(await waiting).toBe(11);
      expect(second.runs()).toBe(0);
    } else {
      hold.reject(new Error('refused'));
      await expect(held).rejects.toThrow('refused');
      expect(await waiting).toBe(1);
    }
  });
});
