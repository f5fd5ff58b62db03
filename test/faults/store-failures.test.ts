/** Proves that what a database says when it is full, cuts a session, or isolates more than it is asked to, costs no client more than time. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { assign, createDispatch } from '../support/operations.ts';
import { tPgBouncer } from '../support/pgbouncer.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { testWithSmallDisk, tSmallDisk } from '../support/small-disk.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';
import { until } from '../support/until.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

const creation = (key = 'null', observaciones = '') =>
  `mutation { createDispatch(idempotencyKey: ${key}, input: { origen: { latitud: 1, longitud: 1 }, ` +
  `observaciones: "${observaciones}" }) { id } }`;

interface Created {
  readonly createDispatch: { readonly id: string } | null;
}

async function idsOf({ client }: ServerProcess): Promise<string[]> {
  const { data } = await client.ask<{ despachos: { id: string }[] }>('{ despachos(limit: 500) { id } }');
  return data!.despachos.map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}

/** Lines of the log that name a mistake of this service. */
const mistakesOf = ({ lines }: ServerProcess) =>
  lines.filter((line) => /unforeseen|cannot rollback|unhandled|uncaught/i.test(line));

describe('a disk that is full', () => {
  /** Fills it up to the last byte. */
  function fill(folder: string): string {
    const file = join(folder, 'filled');
    for (let bytes = 4 * 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // So much has no room.
      }
    }
    return file;
  }

  testWithSmallDisk(
    'refuses changes for a while, is read all the same, and goes on when there is room',
    async () => {
      const disk = tSmallDisk(3);
      undos.push(() => disk[Symbol.dispose]());
      const server = await tServerProcess({ DATA_DIR: join(disk.folder, 'data') });
      const made = [await createDispatch(server.client)];
      const filled = fill(disk.folder);
      const text = 'x'.repeat(1_000);
      const refused = await until('it is full', async () => {
        const { data, errors } = await server.client.ask<Created>(creation('null', text));
        if (data?.createDispatch) made.push(data.createDispatch.id);
        return errors;
      });
      expect(refused).toMatchObject([
        { extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: expect.any(Number) } },
      ]);
      expect(await idsOf(server)).toEqual(made);
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);

      rmSync(filled);
      await until('there is room', async () => {
        const { data } = await server.client.ask<Created>(creation('null', text));
        if (data?.createDispatch) made.push(data.createDispatch.id);
        return data?.createDispatch;
      });
      expect(await idsOf(server)).toEqual(made);
      expect(mistakesOf(server)).toEqual([]);
      expect(await server.printed('could not be reached')).toMatch(/database or disk is full/);
    },
  );
});

describe('PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterAll(() => postgres.stop());

  const nameOf = (url: string) => new URL(url).pathname.slice(1);

  describe.each([
    ['directly', async (url: string) => url],
    [
      'behind pgbouncer',
      async (url: string) => {
        const bouncer = await tPgBouncer(postgres);
        undos.push(() => bouncer[Symbol.asyncDispose]());
        return bouncer.url(url);
      },
    ],
  ] as const)('%s', (_how, reach) => {
    test.each(['repeatable read', 'serializable'])(
      'that isolates by "%s" unless it is told otherwise refuses no change',
      async (isolation) => {
        const url = await postgres.createDatabase();
        await postgres.run(
          `alter database ${nameOf(url)} set default_transaction_isolation = '${isolation}'`,
        );
        const DATABASE_URL = await reach(url);
        const servers = [await tServerProcess({ DATABASE_URL }), await tServerProcess({ DATABASE_URL })];
        const id = await createDispatch(servers[0]!.client);
        // All of them write the same row, and count the same channel.
        await Promise.all(
          Array.from({ length: 24 }, async (_, at) => {
            const { client } = servers[at % 2]!;
            await assign(client, id, `A-${at}`);
            const send =
              'mutation ($m: String!) { broadcastMessage(channel: "general", message: $m) { id } }';
            expect((await client.ask(send, { m: `message ${at}` })).errors).toBeUndefined();
          }),
        );
        for (const server of servers) expect(mistakesOf(server)).toEqual([]);
      },
    );
  });

  test('that cuts idle sessions costs no request anything', async () => {
    const url = await postgres.createDatabase();
    await postgres.run(`alter database ${nameOf(url)} set idle_session_timeout = '40ms'`);
    const server = await tServerProcess({ DATABASE_URL: url });
    const made: string[] = [];
    // Each one comes about when the sessions of the one before are cut.
    for (let round = 0; round < 60; round += 1) {
      const { data, errors } = await server.client.ask<Created>(creation());
      expect(errors).toBeUndefined();
      made.push(data!.createDispatch!.id);
      expect((await server.client.ask('{ despachos { id } }')).errors).toBeUndefined();
      const [begun, pauseMs] = [performance.now(), 25 + (round % 30)];
      await until('a moment has passed', () => performance.now() - begun > pauseMs);
    }
    expect(await idsOf(server)).toEqual(made);
    expect(mistakesOf(server)).toEqual([]);
  });

  test('whose sessions are ended under changes makes each of them once', async () => {
    const url = await postgres.createDatabase();
    const server = await tServerProcess({ DATABASE_URL: url });
    const kill =
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(url)}' and ` +
      `application_name = 'dispatch-subgraph'`;
    let isOver = false;
    const killing = (async () => {
      while (!isOver) await postgres.run(kill);
    })();
    const made: string[] = [];
    const unknown: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const { data, errors } = await server.client.ask<Created>(creation());
      if (data?.createDispatch) made.push(data.createDispatch.id);
      else {
        expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
        if (errors![0]!.extensions['reason'] === 'OUTCOME_UNKNOWN') unknown.push(`round ${round}`);
      }
    }
    isOver = true;
    await killing;
    const ids = await until('it is there again', async () => idsOf(server).catch(() => undefined));
    expect(ids).toEqual(expect.arrayContaining(made));
    // What has no id was not made, unless the client was told that nobody knows.
    expect(ids.length - made.length).toBeLessThanOrEqual(unknown.length);
    expect(mistakesOf(server)).toEqual([]);
  });

  test('of which the answer to a COMMIT is missing: the client is told, and nothing is made twice', async () => {
    const proxy = await tSqlProxy(await postgres.createDatabase());
    const server = await tServerProcess({ DATABASE_URL: proxy.url });
    const lost = proxy.holdAnswer('commit', 'insert into "dispatches"');
    const asked = server.client.ask<Created>(creation());
    await until('COMMIT was sent', () => lost.isHeld);
    lost.lose();
    expect((await asked).errors).toMatchObject([
      {
        message: expect.stringContaining('nobody knows'),
        extensions: {
          code: 'UPSTREAM_UNAVAILABLE',
          reason: 'OUTCOME_UNKNOWN',
          retryAfterMs: expect.any(Number),
        },
      },
    ]);
    expect(await idsOf(server)).toHaveLength(1);
  });

  test('of which the answer to a COMMIT is missing: a change with a key is looked for, and answered', async () => {
    const proxy = await tSqlProxy(await postgres.createDatabase());
    const server = await tServerProcess({ DATABASE_URL: proxy.url });
    const lost = proxy.holdAnswer('commit', 'mutation_keys');
    const asked = server.client.ask<Created>(creation('"0198c1d2-0000-7000-8000-000000000001"'));
    await until('COMMIT was sent', () => lost.isHeld);
    lost.lose();
    const { data, errors } = await asked;
    expect(errors).toBeUndefined();
    expect(await idsOf(server)).toEqual([data!.createDispatch!.id]);
  });
});
