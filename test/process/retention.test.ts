/** Proves that a process deletes what is too old soon after it has started. */
import { expect, test } from '@jest/globals';
import { tServices } from '../support/service.ts';
import { tServerProcess } from '../support/server-process.ts';
import { createDispatch, report } from '../support/operations.ts';
import { until } from '../support/until.ts';

const tService = tServices();

test('events with their receipts, positions and messages have each their own age', async () => {
  const service = await tService({ processes: 1 });
  const [server] = service.servers;
  const id = await createDispatch(server!.client);
  await server!.client.ask(
    'mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A-1") { version } }',
    { id },
  );
  await report(server!.client, id, -16);
  await server!.client.ask('mutation { broadcastMessage(channel: "general", message: "x") { id } }');
  const count = async (table: string) =>
    (await service.query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]!.count;
  await until('all is relayed', async () => {
    const rows = await service.query('select 1 from events where relayed_at is null');
    return rows.length === 0;
  });
  const counts = { events: await count('events'), locations: 1, messages: 1 };
  await service.query(
    `insert into receipts (topic, epoch, block, from_offset, to_offset, stream, transport, acknowledged_by, at, entries)
     values ('dispatches', 'e', 0, 0, 1, '{}', 'websocket', 'client', '2026-01-01T00:00:00.000Z', '[]')`,
  );
  const tenDaysAgo = new Date(Date.now() - 10 * 86_400_000).toISOString();
  for (const table of Object.keys(counts)) await service.query(`update ${table} set at = $1`, [tenDaysAgo]);

  const late = await tServerProcess({
    ...service.env,
    EVENT_RETENTION_DAYS: '9',
    LOCATION_RETENTION_DAYS: '9',
    MESSAGE_RETENTION_DAYS: '11',
  });
  await until(
    'what is too old is gone',
    async () => (await count('events')) + (await count('locations')) + (await count('receipts')) === 0,
  );
  expect(await count('messages')).toBe(1);
  expect(await count('dispatches')).toBe(1);
  const line = await late.printed('"table":"events"');
  expect(JSON.parse(line)).toMatchObject({ deleted: counts.events, days: 9 });
});
