/** What happens to a stream through a gateway. */
import { setTimeout as time } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import type { TokenClaims } from '../../../../src/auth/issue-token.ts';
import { subscribe } from '../../graphql-client.ts';
import { tMsAuth } from '../../ms-despacho-repositories.ts';
import { assign, dispatchUpdated, type Update } from '../../operations.ts';
import { tPostgres } from '../../postgres.ts';
import { tRedis } from '../../redis.ts';
import { tRoundRobin } from '../../round-robin.ts';
import { tServerProcess, type ServerProcess } from '../../server-process.ts';
import { until } from '../../until.ts';
import type { Front } from '../behind-router.ts';
import type { WayClient, WayScene } from './scene.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface WayEvent {
  readonly what: string;
  /** Of the client. Default: those of a dispatcher, for an hour. */
  readonly claims?: Partial<TokenClaims>;
  readonly ttlMs?: number;
  /** Whether it is the end of the stream, some time later. */
  readonly endsByItself?: boolean;
  /** How its client asks for a dispatch. */
  readonly query?: string;
  /** Starts what the service needs for it. Default: nothing, with embedded stores. */
  readonly prepare?: () => Promise<Prepared>;
  /**
   * Whether its client watches all dispatches from whenever it comes: without a state at the beginning, which would make up for what
   * was lost. Default: one dispatch.
   */
  readonly isBoard?: boolean;
  /** Default: nothing happens but time. */
  readonly play?: (scene: WayScene, client: WayClient) => Promise<unknown>;
}

export interface Prepared {
  /** Of the service. */
  readonly env: Record<string, string>;
  /** By what the gateway reaches it. Default: its process. */
  readonly front?: Front;
  /** Of the client, in place of one that is made of claims. */
  readonly token?: string;
  readonly play: (scene: WayScene) => Promise<unknown>;
}

const watchMs = 120_000;
/** Longer than Hive Gateway waits before it tries again, once: 1.3 to 4 s. */
const awayMs = 6_000;
/** Changes in a row, each of which its client is to be shown. */
const burst = 1_000;
/** Of those that are 60 KB each, fewer: they are more than sockets hold, too. */
const largeBurst = 200;

/** About 60 KB for each change: a burst of them is more than the sockets on the way hold for a client that does not read. */
const notes = Array.from({ length: 29 }, (_, at) => `n${at}: dispatch { observaciones }`).join(' ');
const largeUpdated = dispatchUpdated.replace('{ cursor', `{ ${notes} cursor`);

export const wayEvents: readonly WayEvent[] = [
  { what: 'a permission is missing', claims: { permissions: [] } },
  { what: 'one of two processes is drained', isBoard: true, prepare: () => prepareTwo('SIGTERM') },
  { what: 'one of two processes is killed', isBoard: true, prepare: () => prepareTwo('SIGKILL') },
  {
    what: `the only process is drained, and away for ${awayMs / 1_000} seconds`,
    play: ({ service }) => beAway(service, 'SIGTERM'),
  },
  {
    what: `the only process is killed, and away for ${awayMs / 1_000} seconds`,
    play: ({ service }) => beAway(service, 'SIGKILL'),
  },
  {
    what: 'the process stands still for a second',
    play: async ({ service }) => {
      service.signal('SIGSTOP');
      const silence = AbortSignal.timeout(1_000);
      await fetch(`${service.url}/health/live`, { signal: silence }).catch(() => undefined);
      service.signal('SIGCONT');
    },
  },
  {
    what: `its client does not read while ${largeBurst} changes of 60 KB come`,
    query: largeUpdated,
    play: async (scene, client) => {
      const { service, id } = scene;
      const reader = scene.client(await service.client.token({ sub: 'eva' }));
      const { events } = subscribe<Update>(reader, largeUpdated, { id });
      client.pause();
      // No more at a time than the service keeps for a gateway: it is the client that is slow, and no pace on the way to the gateway.
      for (let count = 0; count < largeBurst; count += 5) {
        const version = await changeOften(scene, 5);
        await until('another one is shown it', () => events.at(-1)?.dispatch.version === version, watchMs);
        const isTaken = async () => (await service.client.metric('dispatch_outbox_bytes')) === 0;
        await until('the gateway has it', isTaken, watchMs);
      }
      client.resume();
    },
  },
  { what: `${burst.toLocaleString('en')} changes come at once`, play: (scene) => changeOften(scene, burst) },
  // Long enough for a stream to begin on a busy machine.
  { what: 'the token expires', ttlMs: 20_000, endsByItself: true },
  {
    what: 'an admin ends the session',
    play: async ({ service: { client } }) => {
      const admin = await client.token({ sub: 'root', role: 'admin' });
      await client.ask('mutation { endSession(userId: "ana", reason: "a test") { userId } }', {}, admin);
    },
  },
  { what: 'MS Auth takes the right to view dispatches', endsByItself: true, prepare: prepareTakenRights },
  { what: 'Redis comes back without its data', prepare: prepareLostLog },
];

/** In requests of 25, one after the other. Returns the last version. */
async function changeOften({ service: { client }, id }: WayScene, times: number): Promise<number> {
  let version = 0;
  for (let first = 0; first < times; first += 25) {
    const changes = Array.from(
      { length: Math.min(25, times - first) },
      (_, at) => `a${at}: assignDispatch(id: ${id}, ambulanciaId: "B-${at}") { version }`,
    );
    const answer = await client.ask<Record<string, { version: number }>>(`mutation { ${changes.join(' ')} }`);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    version = Object.values(answer.data!).at(-1)!.version;
  }
  return version;
}

async function beAway(service: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  await service.kill(signal);
  await time(awayMs);
  await service.start();
}

/** A balancer before two processes, of which the one with the stream ends and starts again. */
async function prepareTwo(signal: NodeJS.Signals): Promise<Prepared> {
  const postgres = await tPostgres();
  undos.push(() => postgres.stop());
  const redis = await tRedis();
  undos.push(() => redis.stop());
  const servers: ServerProcess[] = [];
  const front: Front = async (first, env) => {
    servers.push(first, await tServerProcess(env));
    return (await tRoundRobin(servers.map(({ url }) => url))).url;
  };
  const play = async ({ id }: WayScene) => {
    const counts = servers.map(({ client }) => client.metric('dispatch_subscriptions'));
    const hit = (await Promise.all(counts)).indexOf(1);
    await servers[hit]!.kill(signal);
    await assign(servers[1 - hit]!.client, id);
    await servers[hit]!.start();
  };
  return { env: { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() }, front, play };
}

async function prepareTakenRights(): Promise<Prepared> {
  const auth = await tMsAuth();
  const user = auth.addUser(['dispatcher']);
  return {
    // How long an answer of MS Auth holds.
    env: { MS_AUTH_URL: auth.url, MS_AUTH_CACHE_MS: '1000' },
    token: auth.login(user),
    play: async () => {
      user.roles = ['hospital'];
    },
  };
}

async function prepareLostLog(): Promise<Prepared> {
  const redis = await tRedis();
  undos.push(() => redis.stop());
  return { env: { REDIS_URL: redis.url }, play: () => redis.restart() };
}
