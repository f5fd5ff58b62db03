/** Proves that an ambulance is on one dispatch at a time where the service is set so, on every database and from two processes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Estado } from '../../src/lib/words/statuses.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { byAna, clientError, request, tRepositories } from '../support/repositories.ts';
import { tServerProcess } from '../support/server-process.ts';

const databases = tDatabases();
const ambulance = { id: 'A-7', placa: null };

describe.each(databaseKinds)('on %s', (kind) => {
  async function tDispatches(exclusiveAmbulances: boolean) {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database, { exclusiveAmbulances });
    const create = async () => (await dispatches.create(request, 'ana')).id;
    const move = (id: string, estado: Estado) => dispatches.updateStatus(id, estado, byAna);
    return { dispatches, one: await create(), other: await create(), move };
  }

  test('a second dispatch is refused with the first one, until that has ended', async () => {
    const { dispatches, one, other, move } = await tDispatches(true);
    await dispatches.assign(one, ambulance, byAna);
    await expect(dispatches.assign(other, ambulance, byAna)).rejects.toMatchObject(
      clientError('AMBULANCE_BUSY', { despachoId: one, estado: 'ASIGNADO' }),
    );
    expect((await dispatches.find([other])).get(other)).toMatchObject({ estado: 'PENDIENTE', version: 1 });
    for (const estado of ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const) {
      await move(one, estado);
      await expect(dispatches.assign(other, ambulance, byAna)).rejects.toMatchObject(
        clientError('AMBULANCE_BUSY', { despachoId: one, estado }),
      );
    }
    await move(one, 'COMPLETADO');
    expect(await dispatches.assign(other, ambulance, byAna)).toMatchObject({ ambulancia: ambulance });
  });

  test('the same ambulance again, another plate, another ambulance instead: all as ever', async () => {
    const { dispatches, one, other } = await tDispatches(true);
    await dispatches.assign(one, ambulance, byAna);
    expect(await dispatches.assign(one, ambulance, byAna)).toMatchObject({ version: 2 });
    expect(await dispatches.assign(one, { ...ambulance, placa: 'X-1' }, byAna)).toMatchObject({ version: 3 });
    await dispatches.assign(one, { id: 'A-8', placa: null }, byAna);
    expect(await dispatches.assign(other, ambulance, byAna)).toMatchObject({ estado: 'ASIGNADO' });
  });

  test('unless it is set so, an ambulance may be on several', async () => {
    const { dispatches, one, other } = await tDispatches(false);
    await dispatches.assign(one, ambulance, byAna);
    expect(await dispatches.assign(other, ambulance, byAna)).toMatchObject({ ambulancia: ambulance });
  });
});

describe('two processes on one PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterAll(() => postgres.stop());

  test('of two that assign it at once exactly one wins, and the other is told whose it is', async () => {
    const env = { DATABASE_URL: postgres.url, EXCLUSIVE_AMBULANCES: 'on' };
    const first = await tServerProcess(env);
    const processes = [first, await tServerProcess(env)];
    const rounds = Array.from({ length: 12 }, (_, at) => `A-${at}`);
    const outcomes = await Promise.all(
      rounds.map(async (ambulanciaId) => {
        const ids = [await createDispatch(first.client), await createDispatch(first.client)];
        const answers = await Promise.all(
          processes.map(({ client }, at) =>
            client.ask(
              'mutation ($id: ID!, $ambulanciaId: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulanciaId) { id } }',
              { id: ids[at], ambulanciaId },
            ),
          ),
        );
        const winner = ids.find((_, at) => !answers[at]!.errors);
        return {
          winners: answers.filter(({ errors }) => !errors).length,
          refusals: answers.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions)),
          winner,
        };
      }),
    );
    for (const { winners, refusals, winner } of outcomes)
      expect({ winners, refusals }).toEqual({
        winners: 1,
        refusals: [{ code: 'AMBULANCE_BUSY', despachoId: winner, estado: 'ASIGNADO' }],
      });
  });
});
