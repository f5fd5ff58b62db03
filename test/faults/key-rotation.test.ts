/** Proves that secrets are replaced as the operations guide says, without a client that loses its place or is refused. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchesUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { createTestClient } from '../support/test-client.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

const secretOf = (name: string, which: 'old' | 'new') => `${name}-${which}-`.repeat(6);
const pair = (name: string, signing: 'old' | 'new', also?: 'old' | 'new') => ({
  [name]: secretOf(name, signing),
  ...(also && { [`${name}_PREVIOUS`]: secretOf(name, also) }),
});

/** What all processes are given, rollout after rollout; `issuer`: with which secret tokens are signed once it is over. */
const rollouts = [
  { env: { ...pair('JWT_SECRET', 'old'), ...pair('CURSOR_SECRET', 'old') }, issuer: 'old' },
  { env: { ...pair('JWT_SECRET', 'new', 'old'), ...pair('CURSOR_SECRET', 'old', 'new') }, issuer: 'new' },
  { env: { ...pair('JWT_SECRET', 'new', 'old'), ...pair('CURSOR_SECRET', 'new', 'old') }, issuer: 'new' },
  { env: { ...pair('JWT_SECRET', 'new'), ...pair('CURSOR_SECRET', 'new') }, issuer: 'new' },
] as const;

/** What a board is shown that comes to a process with its cursor, up to a dispatch; the cursor that it has then. */
async function resume({ wsUrl }: ServerProcess, token: string, after: string, id: string) {
  const shown = subscribe<Update>(tClient(wsUrl, token), dispatchesUpdated, { after });
  await shown.until((events) => events.some(({ dispatch }) => dispatch.id === id));
  shown.unsubscribe();
  expect(shown.failures).toEqual([]);
  return { ids: shown.events.map(({ dispatch }) => dispatch.id), cursor: shown.events.at(-1)!.cursor };
}

test('a board with its token goes from process to process while tokens and cursors get other secrets', async () => {
  await using redis = await tRedis({ appendonly: true });
  const stores = { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() };
  const start = ({ env }: (typeof rollouts)[number]) => tServerProcess({ ...stores, ...env });
  const servers = await Promise.all([start(rollouts[0]), start(rollouts[0])]);
  let issuer: 'old' | 'new' = 'old';
  const clientOf = ({ url }: ServerProcess) => createTestClient(url, parseConfig(pair('JWT_SECRET', issuer)));
  let token = await clientOf(servers[0]).token();
  const { data } = await clientOf(servers[0]).ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
  let cursor = data!.dispatchesCursor;

  /** Each process changes something, and the board comes to each of them. */
  const goRound = async () => {
    for (const writer of servers)
      for (const reader of servers) {
        const id = await createDispatch(clientOf(writer));
        const shown = await resume(reader, token, cursor, id);
        // Nothing anew, and nothing twice.
        expect(shown.ids).toEqual([id]);
        cursor = shown.cursor!;
      }
  };
  await goRound();
  for (const rollout of rollouts.slice(1)) {
    for (const at of servers.keys()) {
      const next = await start(rollout);
      await servers[at]!.kill('SIGTERM');
      servers[at] = next;
      await goRound();
    }
    issuer = rollout.issuer;
    token = await clientOf(servers[0]).token();
  }
}, 240_000);
