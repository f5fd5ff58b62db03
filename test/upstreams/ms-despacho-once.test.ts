/** Mutations with keys in front of MS Despacho, which knows none: each is sent there once, whatever becomes of its answer. */
import { describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { createMutationKey, type MutationKey } from '../../src/lib/mutation-key.ts';
import { tMsDespacho, tMsDespachoRepositories } from '../support/ms-despacho-repositories.ts';
import { byAna, clientError, position, request } from '../support/repositories.ts';
import { until } from '../support/until.ts';
import type { Trouble } from '../support/upstreams/stand-in.ts';
import { withoutAssignment } from '../support/without-assignment.ts';

type Repositories = Awaited<ReturnType<typeof tMsDespachoRepositories>>;

interface Mutation {
  readonly what: string;
  /** As it is called there, where the dispatch has this id. */
  readonly call: string;
  make(repositories: Repositories, key: MutationKey | null): Promise<unknown>;
  /** How many times it has happened there, by the model of the stand-in. */
  count(standIn: Awaited<ReturnType<typeof tMsDespacho>>): number;
}

const mutations: readonly Mutation[] = [
  {
    what: 'a creation',
    call: 'POST /api/v1/despachos',
    make: ({ dispatches }, key) => dispatches.create(request, 'ana', key),
    count: ({ model }) => model.despachos.size - 1,
  },
  {
    what: 'a change of status',
    call: 'PATCH /api/v1/despachos/1',
    make: ({ dispatches }, key) =>
      dispatches.updateStatus('1', 'EN_CAMINO', { ...byAna, expectedVersion: 1, key }),
    count: ({ model }) => Number(model.despachos.get(1)!.estado === 'en_camino'),
  },
  {
    what: 'a position',
    call: 'POST /api/v1/despachos/1/rastreo',
    make: ({ locations }, key) => locations.report('1', position, { ...byAna, key }),
    count: ({ model }) => model.despachos.get(1)!.track.length,
  },
];

const key = createMutationKey({
  ...{ viewerId: 'ana', idempotencyKey: 'k', responseName: 'made', field: 'made', args: {} },
});
const unavailable = clientError('UPSTREAM_UNAVAILABLE');
const unknown = clientError('UPSTREAM_UNAVAILABLE', { reason: 'OUTCOME_UNKNOWN' });

/** A dispatch with the id 1, which was published. */
async function tStarted(env: Record<string, string> = { MS_DESPACHO_WRITE_TIMEOUT_MS: '200' }) {
  const standIn = await tMsDespacho();
  const database = await openSqlite({ folder: ':memory:' });
  const one = await tMsDespachoRepositories(standIn, { database, env });
  const other = await tMsDespachoRepositories(standIn, { database, env });
  await one.dispatches.create(request, 'luz');
  standIn.calls.length = 0;
  return { standIn, one, other };
}

const toChanges =
  (trouble: Trouble) =>
  ({ method }: { method: string }) =>
    method === 'GET' ? undefined : trouble;

describe.each(mutations)('$what', ({ call, make, count }) => {
  const callsOf = (calls: readonly string[]) => calls.filter((each) => each === call).length;

  test('that was answered is answered again, over another process, whatever has happened since', async () => {
    const { standIn, one, other } = await tStarted();
    const first = await make(one, key);
    expect(callsOf(standIn.calls)).toBe(1);
    await one.dispatches.updateStatus('1', 'CANCELADO', byAna);
    const { length } = standIn.calls;
    expect(withoutAssignment(await make(other, key))).toEqual(first);
    expect(standIn.calls).toHaveLength(length);
  });

  test('is waited for while it is under way', async () => {
    const { standIn, one, other } = await tStarted({ MS_DESPACHO_WRITE_TIMEOUT_MS: '10000' });
    const held = Promise.withResolvers<void>();
    standIn.trouble = toChanges({ kind: 'held', until: held.promise });
    const both = [
      make(one, key),
      until('it is there', () => callsOf(standIn.calls)).then(() => make(other, key)),
    ];
    await until('it is there', () => callsOf(standIn.calls));
    held.resolve();
    const [first, second] = await Promise.all(both);
    expect(withoutAssignment(second)).toEqual(withoutAssignment(first));
    expect(callsOf(standIn.calls)).toBe(1);
    expect(count(standIn)).toBe(1);
  });

  test('whose answer was lost is found there', async () => {
    const { standIn, one, other } = await tStarted();
    standIn.trouble = toChanges({ kind: 'partial' });
    await expect(make(one, key)).rejects.toMatchObject(unavailable);
    standIn.trouble = () => undefined;
    const found = await make(other, key);
    expect(withoutAssignment(await make(one, key))).toEqual(withoutAssignment(found));
    expect(callsOf(standIn.calls)).toBe(1);
    expect(count(standIn)).toBe(1);
  });

  test('that does not show is OUTCOME_UNKNOWN until it does, and never sent a second time', async () => {
    const { standIn, one, other } = await tStarted();
    const held = Promise.withResolvers<void>();
    standIn.trouble = toChanges({ kind: 'held', until: held.promise });
    await expect(make(one, key)).rejects.toMatchObject(unavailable);
    await expect(make(other, key)).rejects.toMatchObject(unknown);
    // Nor where nothing can be looked for.
    standIn.trouble = ({ method }) =>
      method === 'GET' ? { kind: 'html', status: 500 } : { kind: 'held', until: held.promise };
    await expect(make(one, key)).rejects.toMatchObject(unknown);
    standIn.trouble = () => undefined;
    held.resolve();
    await until('MS Despacho has carried it out after all', () => count(standIn) === 1);
    expect(withoutAssignment(await make(other, key))).toEqual(withoutAssignment(await make(one, key)));
    expect(callsOf(standIn.calls)).toBe(1);
  });

  test('that could not be sent at all is sent the next time', async () => {
    const { standIn, one, other } = await tStarted();
    await standIn.goDown();
    await expect(make(one, key)).rejects.toMatchObject(unavailable);
    await standIn.comeBack();
    await until('the circuit is closed again', async () => {
      try {
        return await make(other, key);
      } catch (error) {
        expect(error).toMatchObject(unavailable);
        expect(error).not.toMatchObject(unknown);
        return null;
      }
    });
    expect(count(standIn)).toBe(1);
    expect(callsOf(standIn.calls)).toBe(1);
  });
});

test('a creation that MS Despacho refused is sent again', async () => {
  const standIn = await tMsDespacho({ isFleetEndless: false });
  const { dispatches } = await tMsDespachoRepositories(standIn);
  await expect(dispatches.create(request, 'ana', key)).rejects.toMatchObject(
    clientError('UPSTREAM_UNAVAILABLE', { reason: 'No hay recursos disponibles' }),
  );
  const { latitud, longitud } = request.origen;
  standIn.model.addAmbulance(latitud, longitud);
  expect(await dispatches.create(request, 'ana', key)).toMatchObject({ id: '1', version: 1 });
});

test('a change that did not pass our own checks is asked for again', async () => {
  const { one } = await tStarted();
  const cancel = () => one.dispatches.updateStatus('2', 'CANCELADO', { ...byAna, key });
  await expect(cancel()).rejects.toMatchObject(clientError('NOT_FOUND'));
  await one.dispatches.create(request, 'luz');
  expect(await cancel()).toMatchObject({ estado: 'CANCELADO', version: 2 });
});

test('what changed nothing there is answered again all the same', async () => {
  const { standIn, one, other } = await tStarted();
  const first = await one.dispatches.assign('1', await chosen(one), { ...byAna, key });
  await one.dispatches.updateStatus('1', 'CANCELADO', byAna);
  const again = await other.dispatches.assign('1', await chosen(one), { ...byAna, key });
  expect(withoutAssignment(again)).toEqual(withoutAssignment(first));
  expect(standIn.calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(1);
});

test('one that the poller has detected is answered from what it published', async () => {
  const { standIn, one, other } = await tStarted();
  standIn.trouble = toChanges({ kind: 'partial' });
  await expect(one.dispatches.create(request, 'ana', key)).rejects.toMatchObject(unavailable);
  standIn.trouble = () => undefined;
  one.startPoller();
  await until('it is detected', async () => (await one.eventsOf('2')).length === 1);
  // Not even read there.
  await standIn.goDown();
  expect(await other.dispatches.create(request, 'ana', key)).toMatchObject({ id: '2', version: 1 });
  expect(await one.eventsOf('2')).toEqual(['1 CREATED ASIGNADO ana']);
});

async function chosen({ dispatches }: Repositories): Promise<{ id: string; placa: null }> {
  const state = (await dispatches.find(['1'])).get('1');
  return { id: state!.ambulancia!.id, placa: null };
}
