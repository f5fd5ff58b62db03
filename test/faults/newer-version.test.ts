/** Proves that one row of a newer version takes nothing from anybody but itself. */
import { expect, test } from '@jest/globals';
import { createDispatches, dispatchUpdated, type Update } from '../support/operations.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tServices } from '../support/service.ts';

const tService = tServices();

test('one dispatch with a status of a newer version is left out and counted; the others are shown and changed', async () => {
  const { servers, query } = await tService({ processes: 1 });
  const { client, wsUrl } = servers[0]!;
  await createDispatches(client, 3);
  await query(`update dispatches set estado = 'EN_PAUSA' where id = 2`);
  await query(
    `update events set payload = replace(payload, 'ACCIDENTE', 'INUNDACION') where despacho_id = 3`,
  );
  await query(
    `update events set payload = replace(payload, 'EMERGENCIA_MEDICA', 'INUNDACION') where despacho_id = 3`,
  );

  const all = await client.ask<{ despachos: { id: string }[] }>(
    '{ despachos { id historial { changeType } } }',
  );
  expect(all).toEqual({
    status: 200,
    data: {
      despachos: [
        { id: '3', historial: [] },
        { id: '1', historial: [{ changeType: 'CREATED' }] },
      ],
    },
  });
  expect((await client.ask('{ dispatch(id: 2) { id } }')).data).toEqual({ dispatch: null });
  const cancel = (id: number) =>
    client.ask(`mutation { updateDispatchStatus(id: ${id}, estado: CANCELADO) { estado } }`);
  const refused = await cancel(2);
  expect(refused.errors!.map(({ extensions: { code, reason } }) => ({ code, reason }))).toEqual([
    { code: 'UPSTREAM_UNAVAILABLE', reason: 'NEWER_VERSION' },
  ]);
  expect((await cancel(1)).data).toEqual({ updateDispatchStatus: { estado: 'CANCELADO' } });
  const stream = subscribe<Update>(tClient(wsUrl, await client.token()), dispatchUpdated, { id: '2' });
  await stream.ended();
  expect(stream.failures).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  expect(await client.metric('dispatch_unreadable_rows_total')).toBeGreaterThan(0);
});
