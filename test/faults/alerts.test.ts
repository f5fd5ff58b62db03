/** Proves that each alert is raised once, and not before it is due, while processes are killed that are at it. */
import { expect, test } from '@jest/globals';
import { createDispatches } from '../support/operations.ts';
import { tServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();

/** `npm run test:faults` makes a thousand of them. */
const count = process.env['FAULTS'] === 'full' ? 1_000 : 150;

/** What PostgreSQL saw of an alert when it was written, by its own clock. */
interface Raised {
  readonly despacho: string;
  readonly limit_at: string;
  readonly written_at: string;
}

/** Notes each alert beside what the service writes of it. */
const witness = `
  create table raised (despacho bigint, limit_at text, written_at text);
  create function note_alert() returns trigger language plpgsql as $$
  begin
    insert into raised values (new.despacho_id, new.limit_at,
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
    return new;
  end $$;
  create trigger note_alert before insert on alerts for each row execute function note_alert();`;

test(`${count} dispatches that wait for too long, with processes killed at any moment: one alert each, and none early`, async () => {
  const service = await tService({ env: { ALERT_OVERDUE_MS: 'PENDIENTE=3000' } });
  const { servers, query } = service;
  await query(witness);
  const raised = async () =>
    (await query<{ count: number }>('select count(*)::int as count from raised'))[0]!.count;
  const half = Math.floor(count / 2);
  await createDispatches(servers[0]!.client, half);
  const kill = async (some: typeof servers) => {
    await Promise.all(some.map((server) => server.kill('SIGKILL')));
    await Promise.all(some.map((server) => server.start()));
  };
  await until('some are raised', async () => (await raised()) >= 1, 120_000);
  await kill(servers.slice(0, 2));
  const ids = await createDispatches(servers[0]!.client, count - half);
  // What becomes due while nobody is there is raised once somebody is.
  await kill(servers);
  await until('all are raised', async () => (await raised()) >= count, 120_000);

  const seen = await query<Raised>('select * from raised');
  expect(new Set(seen.map(({ despacho }) => despacho)).size).toBe(count);
  expect(seen).toHaveLength(count);
  expect(seen.filter(({ limit_at, written_at }) => written_at < limit_at)).toEqual([]);
  const audited = await query(`select id from events where type = 'alert.raised'`);
  expect(audited).toHaveLength(count);
  // And each is cleared by what ends its reason.
  const cancelled = ids
    .slice(0, 25)
    .map((id) => `d${id}: updateDispatchStatus(id: "${id}", estado: CANCELADO) { id }`);
  const { errors } = await servers[0]!.client.ask(`mutation { ${cancelled.join(' ')} }`);
  expect(errors).toBeUndefined();
  expect(await query('select id from alerts where cleared_at is not null')).toHaveLength(25);
}, 300_000);
