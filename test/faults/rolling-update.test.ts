/** Proves that clients keep their place while processes of the last release and of this one serve them, whichever they come to. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { hasLastRelease, lastRelease, unpackRelease, type Release } from '../support/release-tree.ts';
import {
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  move,
  type Update,
} from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { adminOf, end } from '../support/session-ends.ts';

const isHere = hasLastRelease();
if (!isHere)
  console.warn(`The history of this clone has no ${lastRelease}: the test of rolling updates is left out.`);

let postgres: TestPostgres;
let release: Release;
beforeAll(async () => {
  if (!isHere) return;
  release = unpackRelease(lastRelease);
  postgres = await tPostgres();
});
afterAll(async () => {
  if (!isHere) return;
  release[Symbol.dispose]();
  await postgres.stop();
});

/** What a board is shown that comes back to a process with a cursor, until it has been shown a dispatch. */
async function resume(server: ServerProcess, query: string, variables: object, until: string) {
  const client = tClient(server.wsUrl, await server.client.token());
  const shown = subscribe<Update>(client, query, { ...variables });
  await shown.until((events) =>
    events.some(({ dispatch }) => `${dispatch.id} ${dispatch.version}` === until),
  );
  shown.unsubscribe();
  expect(shown.failures).toEqual([]);
  return {
    events: shown.events.map(
      ({ changeType, dispatch }) => `${changeType} ${dispatch.id} ${dispatch.version}`,
    ),
    cursor: shown.events.at(-1)!.cursor,
  };
}

const cursorOf = async ({ client }: ServerProcess) =>
  (await client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }')).data!.dispatchesCursor;

(isHere ? test : test.skip)(
  'a board and a dispatch go on from process to process, back and forth between the releases',
  async () => {
    await using redis = await tRedis({ appendonly: true });
    const env = { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() };
    const old = await tServerProcess(env, { program: release.program });
    const first = await createDispatch(old.client);
    let board = await cursorOf(old);
    const one = await resume(old, dispatchUpdated, { id: first }, `${first} 1`);
    // The new one changes the schema of the database beneath the old one.
    const present = await tServerProcess(env);
    let { cursor } = one;
    let version = 1;
    for (const [writer, reader] of [
      [old, present],
      [present, old],
      [old, present],
      [present, present],
      [present, old],
      [old, old],
    ] as const) {
      const id = await createDispatch(writer.client);
      const shown = await resume(reader, dispatchesUpdated, { after: board }, `${id} 1`);
      // The first cursor may be older than the event of the first dispatch, which is relayed after its commit.
      const created = shown.events.filter((event) => event.endsWith(' 1') && event !== `CREATED ${first} 1`);
      expect(created).toEqual([`CREATED ${id} 1`]);
      board = shown.cursor;
      version += 1;
      if (version > 5) continue;
      await nextStatus(writer, first, version);
      const followed = await resume(
        reader,
        dispatchUpdated,
        { id: first, after: cursor },
        `${first} ${version}`,
      );
      expect(followed.events).toHaveLength(1);
      cursor = followed.cursor;
    }
    // What the list says now is what was shown: nothing was lost on the way.
    for (const { client } of [old, present]) {
      const { data } = await client.ask<{ despachos: unknown[] }>('{ despachos { id } }');
      expect(data!.despachos).toHaveLength(7);
    }
  },
  120_000,
);

/** Versions 2 to 5 of a dispatch are its ways to the hospital. */
async function nextStatus({ client }: ServerProcess, id: string, version: number): Promise<void> {
  if (version === 2)
    await client.ask(`mutation { assignDispatch(id: "${id}", ambulanciaId: "A-1") { version } }`);
  else await move(client, id, ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'][version - 3]!);
}

(isHere ? test : test.skip)(
  'a process of the last release goes on beside an end of a session, and shows nobody why it was ended',
  async () => {
    await using redis = await tRedis({ appendonly: true });
    const env = { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() };
    const old = await tServerProcess(env, { program: release.program });
    const present = await tServerProcess(env);
    await createDispatch(old.client);
    expect(await end(present.client, 'eva')).toMatchObject({ isComplete: true, silentProcesses: [] });
    await createDispatch(old.client);
    const trailOf = async ({ client }: ServerProcess, token: string) => {
      const { data } = await client.ask<{ events: { type: string; data: object }[] }>(
        '{ events { type data } }',
        {},
        token,
      );
      return data!.events;
    };
    for (const server of [old, present]) {
      const trail = await trailOf(server, await server.client.token());
      expect(trail.map(({ type }) => type)).toEqual([
        'dispatch.created',
        'session.ended',
        'dispatch.created',
      ]);
      expect(JSON.stringify(trail)).not.toContain('lost phone');
    }
    const trail = await trailOf(present, await adminOf(present.client));
    expect(trail[1]!.data).toEqual({ userId: 'eva', reason: 'A lost phone.' });
  },
  120_000,
);
