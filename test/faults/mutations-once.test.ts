/** Proves that a mutation with a key is made once, although connections break and processes are killed, and over which of them it is sent again. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { between, createRandom, pick, type Random } from '../../src/cli/replay/random.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { create, refusalsOf, send, type Answer, type KeyedRequest } from '../support/mutations.ts';
import { tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { createDispatches } from '../support/operations.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices, type TestService } from '../support/service.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const isFull = process.env['FAULTS'] === 'full';

const count = async ({ query }: TestService, table: string): Promise<number> => {
  const [row] = await query<{ count: string }>(`select count(*) from ${table}`);
  return Number(row!.count);
};

/** A process whose PostgreSQL can be silent, and another one. */
async function tSilenced() {
  const service = await tService({ processes: 1 });
  const proxy = await tSqlProxy(service.databaseUrl);
  const silenced = await tServerProcess({ ...service.env, DATABASE_URL: proxy.url });
  const [other] = service.servers;
  const token = await silenced.client.token();
  const request: KeyedRequest = { query: create, variables: { latitud: 1 }, key: randomUUID() };
  return { service, proxy, silenced, other: other!, token, request };
}

describe('a process that is killed', () => {
  test('after the commit and before the answer: whoever sends it again gets what was made', async () => {
    const { service, proxy, silenced, other, token, request } = await tSilenced();
    const held = proxy.holdAnswer('commit', 'mutation_keys');
    const lost = send(silenced.url, token, request);
    const failure = expect(lost).rejects.toThrow('fetch failed');
    await until('it is committed', async () => held.isHeld && (await count(service, 'dispatches')) === 1);
    await silenced.kill('SIGKILL');
    await failure;
    const answer = await send(other.url, token, request);
    expect(answer.data).toEqual({ createDispatch: { id: '1', version: 1 } });
    await silenced.start();
    expect(await send(silenced.url, token, request)).toEqual(answer);
    expect(await count(service, 'dispatches')).toBe(1);
    expect(await count(service, 'events')).toBe(1);
  });

  test('before the commit: nothing is kept, and whoever sends it again makes it', async () => {
    const { service, proxy, silenced, other, token, request } = await tSilenced();
    const held = proxy.holdAnswer('insert into "events"');
    const failure = expect(send(silenced.url, token, request)).rejects.toThrow('fetch failed');
    await until('it is under way', () => held.isHeld);
    // The second waits for the first, and is told in time that it will not come.
    const again = send(other.url, token, request);
    await until('the second waits', async () => {
      const waiting = await service.query("select from pg_stat_activity where wait_event_type = 'Lock'");
      return waiting.length > 0;
    });
    await silenced.kill('SIGKILL');
    await failure;
    expect((await again).data).toEqual({ createDispatch: { id: expect.any(String) as unknown, version: 1 } });
    expect(await count(service, 'dispatches')).toBe(1);
  });
});

test('a process that is killed while MS Despacho carries out its call: it is not sent again, and found when it shows', async () => {
  const standIn = await tMsDespacho();
  const { servers } = await tService({
    processes: 2,
    env: { MS_DESPACHO_URL: standIn.url, MS_DESPACHO_WRITE_TIMEOUT_MS: '1000', MS_DESPACHO_POLL_MS: '60000' },
  });
  const [one, other] = servers as [ServerProcess, ServerProcess];
  const token = await one.client.token();
  await send(one.url, token, { query: create, variables: { latitud: 9 } });
  const posts = () => standIn.calls.filter((call) => call === 'POST /api/v1/despachos').length;
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  standIn.trouble = ({ method }) => {
    if (method !== 'POST') return undefined;
    arrived.resolve();
    return { kind: 'held', until: held.promise };
  };
  const request = { query: create, variables: { latitud: 1 }, key: randomUUID() };
  const failure = expect(send(one.url, token, request)).rejects.toThrow('fetch failed');
  await arrived.promise;
  await one.kill('SIGKILL');
  await failure;
  expect(refusalsOf(await send(other.url, token, request))).toEqual(['UPSTREAM_UNAVAILABLE OUTCOME_UNKNOWN']);
  held.resolve();
  const found = await until(
    'it shows',
    async () => (await send(other.url, token, request)).data?.['createDispatch'],
  );
  expect(found).toEqual({ id: '2', version: 1 });
  expect(posts()).toBe(2);
  expect(standIn.model.despachos.size).toBe(2);
});

test('a stock client whose socket breaks while its mutation is under way sends it again, and gets the one that was made', async () => {
  const { service, proxy, silenced, token, request } = await tSilenced();
  const cut = await tCutProxy(silenced.url);
  const client = tClient(`ws://${cut.host}/graphql`, token, {
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => Promise.resolve(),
  });
  const held = proxy.holdAnswer('commit', 'mutation_keys');
  const shown = subscribe<{ id: string }>(client, request.query, { ...request.variables });
  await until('it is committed', async () => held.isHeld && (await count(service, 'dispatches')) === 1);
  cut.cut();
  cut.mend();
  await shown.ended();
  held.release();
  expect(shown.failures).toEqual([]);
  expect(shown.events).toEqual([{ id: '1', version: 1 }]);
  expect(await count(service, 'dispatches')).toBe(1);
});

test('a stock client whose process is killed and started again makes nothing twice', async () => {
  const server = await tServerProcess();
  const client = tClient(server.wsUrl, await server.client.token(), {
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => sleep(20),
  });
  const random = createRandom(14);
  const wanted = 60;
  const shown = Array.from({ length: wanted }, (_, latitud) =>
    subscribe<{ id: string }>(client, create, { latitud }),
  );
  for (let round = 0; round < 2; round += 1) {
    await sleep(between(random, 0, 40));
    await server.kill('SIGKILL');
    await server.start();
  }
  await Promise.all(shown.map((each) => each.ended()));
  expect(shown.flatMap(({ failures }) => failures)).toEqual([]);
  const ids = new Set(shown.flatMap(({ events }) => events.map(({ id }) => id)));
  expect(ids.size).toBe(wanted);
  const { data } = await server.client.ask<{ despachos: unknown[] }>('{ despachos(limit: 500) { id } }');
  expect(data!.despachos).toHaveLength(wanted);
});

/** One mutation in several; each of them makes one row in one table. */
function mutationOf(number: number, ids: readonly string[]): KeyedRequest & { readonly table: string } {
  const key = randomUUID();
  const latitud = number / 1e6;
  if (number % 4 === 0)
    return {
      ...{ table: 'messages', key, variables: { text: `number ${number}` } },
      query:
        'mutation ($text: String!) { broadcastMessage(channel: "general", message: $text) { id message timestamp } }',
    };
  if (number % 4 === 1)
    return {
      ...{ table: 'locations', key, variables: { latitud, id: ids[number % ids.length]! } },
      query:
        'mutation ($id: ID!, $latitud: Float!) { reportLocation(despachoId: $id, input: { latitud: $latitud, longitud: 2 }) { latitud recordedAt } }',
    };
  return { table: 'dispatches', key, variables: { latitud }, query: create };
}

/** Sends it to one process after the other until one answers. */
async function sendUntilAnswered(
  servers: readonly ServerProcess[],
  first: number,
  token: string,
  request: KeyedRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  for (let turn = first; ; turn += 1) {
    try {
      const answer = await send(
        servers[turn % servers.length]!.url,
        token,
        request,
        turn === first ? signal : undefined,
      );
      if (!answer.errors) return answer;
      expect(refusalsOf(answer)).toEqual(['UPSTREAM_UNAVAILABLE']);
    } catch (error) {
      // The process was killed, or its client lost patience.
      if (!['TypeError', 'AbortError', 'TimeoutError'].includes((error as Error).name)) throw error;
    }
  }
}

/** Twice, over different processes, at moments that have nothing to do with each other; one time in eight the first breaks off. */
async function sendTwice(
  servers: readonly ServerProcess[],
  token: string,
  request: KeyedRequest,
  random: Random,
): Promise<readonly [Answer, Answer]> {
  const first = Math.floor(random() * servers.length);
  const signal = random() < 1 / 8 ? AbortSignal.timeout(Math.ceil(between(random, 1, 20))) : undefined;
  const pauseMs = pick(random, [0, between(random, 0, 10), between(random, 0, 200)]);
  return Promise.all([
    sendUntilAnswered(servers, first, token, request, signal),
    sleep(pauseMs).then(() => sendUntilAnswered(servers, first + 1, token, request)),
  ]);
}

const mutations = isFull ? 10_000 : 400;
const kills = isFull ? 12 : 2;
const workers = 24;

test(`${mutations} mutations, each sent again over another process, while processes are killed: as many effects, and both answers equal`, async () => {
  const service = await tService({ processes: 3 });
  const { servers, query } = service;
  const token = await servers[0]!.client.token({ role: 'admin' });
  const ids = await createDispatches(servers[0]!.client, 20);
  const random = createRandom(10_000);
  const wanted: Record<string, number> = { dispatches: ids.length, messages: 0, locations: 0 };
  let sent = 0;
  let answered = 0;
  const work = async () => {
    while (sent < mutations) {
      const { table, ...request } = mutationOf(sent, ids);
      sent += 1;
      wanted[table]! += 1;
      const [one, other] = await sendTwice(servers, token, request, random);
      expect(other).toEqual(one);
      answered += 1;
    }
  };
  const startedAt = performance.now();
  const working = Promise.all(Array.from({ length: workers }, work));
  for (let kill = 1; kill <= kills; kill += 1) {
    const mark = (mutations * kill) / (kills + 1);
    await Promise.race([working, until('it goes on', () => answered >= mark, 300_000)]);
    const victim = servers[kill % servers.length]!;
    await victim.kill('SIGKILL');
    await victim.start();
  }
  await working;
  const seconds = (performance.now() - startedAt) / 1_000;
  console.info(`${answered} mutations, each sent twice, ${kills} kills: ${seconds.toFixed(1)} s`);
  for (const [table, rows] of Object.entries(wanted))
    expect([table, await count(service, table)]).toEqual([table, rows]);
  expect(await count(service, 'events')).toBe(mutations + ids.length);
  const [{ unique } = { unique: '' }] = await query<{ unique: string }>(
    'select count(distinct message) as unique from messages',
  );
  expect(Number(unique)).toBe(wanted['messages']);
  expect(await count(service, 'mutation_keys where effect is not null')).toBe(mutations);
}, 900_000);
