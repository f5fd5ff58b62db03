/**
 * Plays faults to three processes behind a real Hive Router that subscribes by callback, with clients that do nothing for it: none of
 * them may lose an event, be shown an error or be ended. `npm run routers:faults` plays 300 of them with 100 clients.
 */
import { expect, test } from '@jest/globals';
import { subscribe, type Shown } from '../support/graphql-client.ts';
import { assign, createDispatches, dispatchUpdated, type Update } from '../support/operations.ts';
import { tHiveRouter } from '../support/routers/hive-router.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { tRoundRobin } from '../support/round-robin.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const faults = Number(process.env['FAULTS'] ?? 20);
const clients = Number(process.env['CLIENTS'] ?? 20);
const dispatches = 5;
/** Five faults of a process, each of the three in turn, and one of Redis. */
const kinds = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGKILL', 'SIGTERM', 'Redis'] as const;
const settleMs = 120_000;

interface Play {
  readonly service: TestService;
  readonly servers: readonly ServerProcess[];
  readonly ids: readonly string[];
}

/** Changes every dispatch once, through this process. A change that fails may have been made. */
async function changeAll({ client }: ServerProcess, ids: readonly string[], round: string): Promise<void> {
  for (const id of ids)
    await until('a change is made', () =>
      assign(client, id, `A-${round}`).then(
        () => true,
        () => false,
      ),
    );
}

/** Plays one fault, changes everything while it lasts and when it is over. */
async function play({ service, servers, ids }: Play, number: number): Promise<void> {
  const kind = kinds[number % kinds.length]!;
  const hit = servers[number % servers.length]!;
  const other = servers[(number + 1) % servers.length]!;
  if (kind === 'Redis') await service.redis.kill();
  else if (kind === 'SIGSTOP') hit.signal(kind);
  else await hit.kill(kind);
  await changeAll(other, ids, `${number}-during`);
  if (kind === 'Redis') await service.redis.restart();
  else if (kind === 'SIGSTOP') hit.signal('SIGCONT');
  else await hit.start();
  await changeAll(other, ids, `${number}-after`);
}

/**
 * What is missing without a word in what a client was shown up to a version. A process that was killed before it could say what the router
 * had taken of a stream that had just begun leaves one that begins anew, and says so.
 */
function gapsOf({ events }: Shown<Update>, last: number): readonly string[] {
  const gaps: string[] = [];
  let newest = 0;
  for (const { changeType, dispatch } of events) {
    if (dispatch.version > newest + 1 && changeType !== 'SNAPSHOT')
      gaps.push(`${newest} → ${dispatch.version}`);
    newest = Math.max(newest, dispatch.version);
  }
  return newest === last ? gaps : [...gaps, `${newest} → (${last})`];
}

describeThrough(hiveRouter, () => {
  test(
    `${faults} faults, and ${clients} clients that notice none`,
    async () => {
      const service = await tService({ processes: 0 });
      const servers: ServerProcess[] = [];
      const front = async (first: ServerProcess, env: Record<string, string>) => {
        servers.push(first, ...(await Promise.all([tServerProcess(env), tServerProcess(env)])));
        return (await tRoundRobin(servers.map(({ url }) => url))).url;
      };
      const router = await tHiveRouter('HTTP callback', service.env, { front, heartbeat: '120s' });
      const ids = await createDispatches(servers[0]!.client, dispatches);
      const token = await router.token();
      const watched = Array.from({ length: clients }, (_, at) => {
        const protocol = at % 2 === 0 ? 'WebSocket' : 'Server-Sent Events';
        const client = tRouterClient(router, protocol, token);
        const id = ids[at % ids.length]!;
        return { id, shown: subscribe<Update>(client, dispatchUpdated, { id }) };
      });
      for (const { shown } of watched) await shown.until((events) => events.length === 1);
      for (let number = 0; number < faults; number += 1) await play({ service, servers, ids }, number);
      const versions = new Map<string, number>();
      for (const id of ids) {
        const { data } = await servers[0]!.client.ask<{ dispatch: { version: number } }>(
          'query ($id: ID!) { dispatch(id: $id) { version } }',
          { id },
        );
        versions.set(id, data!.dispatch.version);
      }
      for (const { id, shown } of watched)
        await until(
          'the last version is shown',
          () => shown.events.at(-1)?.dispatch.version === versions.get(id),
          settleMs,
        );
      expect(watched.flatMap(({ id, shown }) => gapsOf(shown, versions.get(id)!))).toEqual([]);
      expect(watched.flatMap(({ shown }) => shown.failures)).toEqual([]);
      expect(watched.filter(({ shown }) => shown.isComplete())).toEqual([]);
      expect(watched[0]!.shown.events.length).toBeGreaterThan(faults);
    },
    (240 + 30 * faults) * 1_000,
  );
});
