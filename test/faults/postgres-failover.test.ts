/** Proves that a failover of PostgreSQL is an outage of moments: old connections are left, and what it costs is transient. */
import { afterEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createAtLast } from '../support/attempts.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tIdleProcess, tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A primary with a standby that is up to date. */
async function tPair(): Promise<readonly [TestPostgres, TestPostgres]> {
  const primary = await tPostgres();
  undos.push(() => primary.stop());
  const standby = await primary.standby();
  undos.push(() => standby.stop());
  return [primary, standby];
}

/** The ids of the dispatches that a server has, when asked directly. */
async function dispatchesOf({ url }: TestPostgres): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: number }>('select id from dispatches order by id');
  await client.end();
  return rows.map(({ id }) => String(id));
}

/** The primary accepts no writes any more but keeps its connections; the standby takes its place with all that there is. */
async function handOver(primary: TestPostgres, standby: TestPostgres): Promise<void> {
  await primary.run(`alter system set default_transaction_read_only = on`);
  await primary.run('select pg_reload_conf()');
  await standby.run('select pg_promote()');
}

/** Opens as many connections as the process may have. */
const fillPool = ({ client }: ServerProcess) =>
  Promise.all(Array.from({ length: 30 }, () => client.ask('{ despachos { id } }')));

function expectNoMistakes({ lines }: ServerProcess): void {
  expect(lines.filter((line) => /unforeseen|unhandled|uncaught|fatal/i.test(line))).toEqual([]);
}

function expectTransient({ codes, retryAfterMs }: Awaited<ReturnType<typeof createAtLast>>): void {
  expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ['UPSTREAM_UNAVAILABLE'] : []));
  for (const ms of retryAfterMs) expect(ms).toBeGreaterThan(0);
}

describe('a failover', () => {
  test('behind one address: connections to the old primary are left, for reads as for writes', async () => {
    const [primary, standby] = await tPair();
    const address = await tCutProxy(primary.url);
    const server = await tServerProcess({ DATABASE_URL: `postgres://postgres@${address.host}/postgres` });
    const first = await createDispatch(server.client);
    await fillPool(server);
    await handOver(primary, standby);
    address.leadTo(standby.url);

    const second = await createAtLast(server.client);
    expectTransient(second);
    expect(await dispatchesOf(standby)).toEqual([first, second.id]);
    // Of the connections to the old primary none is left, not even for reading.
    for (let round = 0; round < 30; round += 1) {
      const { data } = await server.client.ask<{ despachos: { id: string }[] }>('{ despachos { id } }');
      expect(data?.despachos).toHaveLength(2);
    }
    expectNoMistakes(server);
  });

  test('is noticed by a process that nobody asks for anything', async () => {
    const [primary, standby] = await tPair();
    const address = await tCutProxy(primary.url);
    const server = await tServerProcess({ DATABASE_URL: `postgres://postgres@${address.host}/postgres` });
    await fillPool(server);
    await handOver(primary, standby);
    address.leadTo(standby.url);
    await server.printed('events cannot be relayed');
    await server.printed('events are relayed again');
    expect((await createAtLast(server.client)).codes).toEqual([]);
  });

  test('among several hosts: the one that accepts writes is found, whichever it is', async () => {
    const [primary, standby] = await tPair();
    const hosts = (...servers: TestPostgres[]) => servers.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const url = `postgres://postgres@${hosts(standby, primary)}/postgres?target_session_attrs=read-write`;
    const server = await tServerProcess({ DATABASE_URL: url });
    const first = await createDispatch(server.client);
    await primary.kill();
    await standby.run('select pg_promote()');
    const second = await createAtLast(server.client);
    expectTransient(second);
    expect(await dispatchesOf(standby)).toEqual(expect.arrayContaining([first, second.id]));
    expectNoMistakes(server);

    // A process that starts now passes over the one that is gone.
    const late = await tServerProcess({
      DATABASE_URL: `postgres://postgres@${hosts(primary, standby)}/postgres`,
    });
    expect((await createAtLast(late.client)).codes).toEqual([]);
  });

  test('that is not over when a process starts is waited for', async () => {
    const [primary, standby] = await tPair();
    const server = await tIdleProcess({ DATABASE_URL: standby.url });
    const ready = server.start();
    await server.printed('is waited for');
    await primary.kill();
    await standby.run('select pg_promote()');
    await ready;
    await createDispatch(server.client);
  });
});

test('a PostgreSQL that crashes and comes back costs what was under way, and that is transient', async () => {
  const postgres = await tPostgres();
  undos.push(() => postgres.stop());
  const server = await tServerProcess({ DATABASE_URL: postgres.url });
  await fillPool(server);
  await postgres.kill();
  const { errors } = await server.client.ask('{ despachos { id } }');
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: 1_000 } }]);
  await postgres.restart();
  expectTransient(await createAtLast(server.client));
  expectNoMistakes(server);
});

test('a connection is replaced when it is old', async () => {
  const postgres = await tPostgres();
  undos.push(() => postgres.stop());
  const server = await tServerProcess({
    DATABASE_URL: postgres.url,
    DATABASE_CONNECTION_MAX_AGE_MS: '1000',
  });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  undos.push(() => client.end());
  const backends = async () => {
    await server.client.ask('{ despachos { id } }');
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'dispatch-subgraph'`,
    );
    return rows.map(({ pid }) => pid);
  };
  const before = await backends();
  expect(before.length).toBeGreaterThan(0);
  await until('all of them are others', async () => {
    const now = await backends();
    return before.every((pid) => !now.includes(pid));
  });
});
