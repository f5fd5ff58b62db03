/** Proves that the clients of a real Hive Router notice nothing of a process that ends, dies or stands still, where it subscribes by callback. */
import { describe, expect, test } from '@jest/globals';
import { subscribe, type Shown } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import type { RealRouter } from '../support/routers/behind-router.ts';
import { tHiveRouter } from '../support/routers/hive-router.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { tRoundRobin } from '../support/round-robin.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';

const tService = tServices();
const testMs = 600_000;
const streaming = ['WebSocket', 'Server-Sent Events'] as const;
/** Between two signs of life: so long it may take on a busy machine to start a process, or to go on in the place of another one. */
const heartbeat = '120s';

/** The versions that a client was shown: each once, but for what a process was not sure of and sent again. */
const versionsOf = ({ events }: Shown<Update>) => {
  const versions = events.map(({ dispatch }) => dispatch.version);
  return versions.filter((version, at) => version !== versions[at - 1]);
};
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** A client of each protocol that watches a dispatch, and has its state. */
async function watch(router: RealRouter, dispatchId: string): Promise<Shown<Update>[]> {
  const token = await router.token();
  const all = streaming.map((protocol) =>
    subscribe<Update>(tRouterClient(router, protocol, token), dispatchUpdated, { id: dispatchId }),
  );
  for (const shown of all) await shown.until((events) => events.length === 1);
  return all;
}

async function untilShown(all: readonly Shown<Update>[], version: number): Promise<void> {
  for (const shown of all) await shown.until(() => versionsOf(shown).at(-1) === version);
}

/** `mayRepeat`: what a process could not say any more that the router has taken is shown once more, from there on. */
function expectNothingNoticed(
  all: readonly Shown<Update>[],
  last: number,
  { mayRepeat = false }: { readonly mayRepeat?: boolean } = {},
): void {
  for (const shown of all) {
    const versions = versionsOf(shown);
    expect(mayRepeat ? [...new Set(versions)] : versions).toEqual(upTo(last));
    expect(shown.failures).toEqual([]);
    expect(shown.isComplete()).toBe(false);
  }
}

describeThrough(hiveRouter, () => {
  describe('of several processes on Redis and PostgreSQL', () => {
    /** A router in front of two processes. */
    async function tTwo() {
      const { env } = await tService({ processes: 0 });
      const servers: ServerProcess[] = [];
      const front = async (first: ServerProcess, sameEnv: Record<string, string>) => {
        servers.push(first, await tServerProcess(sameEnv));
        return (await tRoundRobin(servers.map(({ url }) => url))).url;
      };
      const router = await tHiveRouter('HTTP callback', env, { front, heartbeat });
      return { router, servers: servers as [ServerProcess, ServerProcess] };
    }

    test.each(['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const)(
      'each in turn gets %s, and no client of the router notices',
      async (signal) => {
        const { router, servers } = await tTwo();
        const dispatchId = await createDispatch(servers[0].client);
        const all = await watch(router, dispatchId);
        let version = 1;
        const change = async (server: ServerProcess) => {
          version += 1;
          await assign(server.client, dispatchId, `A-${version}`);
          await untilShown(all, version);
        };
        for (const [gone, there] of [servers, servers.toReversed()] as [ServerProcess, ServerProcess][]) {
          await change(there);
          if (signal === 'SIGSTOP') gone.signal(signal);
          else await gone.kill(signal);
          await change(there);
          await change(there);
          if (signal === 'SIGSTOP') gone.signal('SIGCONT');
          else await gone.start();
          await change(there);
        }
        expectNothingNoticed(all, version, { mayRepeat: signal !== 'SIGTERM' });
      },
      testMs,
    );
  });

  test(
    'a single process on embedded stores is restarted again and again, and no client of the router notices',
    async () => {
      const router = await tHiveRouter('HTTP callback', {}, { heartbeat });
      const { service } = router;
      const dispatchId = await createDispatch(service.client);
      const all = await watch(router, dispatchId);
      const restarts = Number(process.env['RESTARTS'] ?? 3);
      for (let version = 2; version <= restarts + 1; version += 1) {
        await assign(service.client, dispatchId, `A-${version}`);
        if (version % 2 === 0) await untilShown(all, version);
        await service.kill(version % 3 === 0 ? 'SIGTERM' : 'SIGKILL');
        await service.start();
        await untilShown(all, version);
      }
      expectNothingNoticed(all, restarts + 1);
    },
    testMs,
  );
});
