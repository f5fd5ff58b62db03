/**
 * Plays faults to three processes behind real routers. Clients whose router subscribes by callback do nothing for it: none of them may
 * lose an event, be shown an error or be ended. The others come back after each error, and miss nothing either. `npm run routers:faults`
 * plays 300 of them with 170 clients.
 */
import { expect, test } from '@jest/globals';
import { tEventClient } from '../support/event-stream.ts';
import { createDispatches } from '../support/operations.ts';
import { playFault } from '../support/routers/faults/faults.ts';
import { tFaultScene, type FaultScene } from '../support/routers/faults/scene.ts';
import {
  begun,
  gapsOf,
  returningWatcher,
  steadyWatcher,
  type Watcher,
} from '../support/routers/faults/watchers.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const faults = Number(process.env['FAULTS'] ?? 20);
/** By callback through Hive Router; half as many through Hive Gateway, and a fifth that come back by themselves. */
const clients = Number(process.env['CLIENTS'] ?? 20);
const dispatches = 5;
const settleMs = 120_000;

interface Audience {
  /** They do nothing. */
  readonly steady: readonly Watcher[];
  readonly returning: readonly Watcher[];
}

/** One after the other, since all at once are a storm. */
async function many(
  count: number,
  ids: readonly string[],
  watch: (at: number, id: string) => Watcher,
): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  for (let at = 0; at < count; at += 1) watchers.push(await begun(() => watch(at, ids[at % ids.length]!)));
  return watchers;
}

async function watchAll({ routers, gatewayUrl }: FaultScene, ids: readonly string[]): Promise<Audience> {
  const token = await routers.WebSocket.token();
  const protocolOf = (at: number) => (at % 2 === 0 ? 'WebSocket' : 'Server-Sent Events');
  const byCallback = await many(clients, ids, (at, id) => {
    const client = tRouterClient(routers['HTTP callback'], protocolOf(at), token);
    return steadyWatcher(`Hive Router, callback, ${protocolOf(at)}`, client, id);
  });
  const throughGateway = await many(clients / 2, ids, (_, id) =>
    steadyWatcher('Hive Gateway, callback', tEventClient(gatewayUrl, token), id),
  );
  const returning = await many(clients / 5, ids, (at, id) => {
    const way = at % 2 === 0 ? 'WebSocket' : 'event stream';
    const client = tRouterClient(routers[way], protocolOf(at), token);
    return returningWatcher(`Hive Router, ${way}, ${protocolOf(at)}`, client, id);
  });
  return { steady: [...byCallback, ...throughGateway], returning };
}

async function versionsOf(
  { client }: ServerProcess,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for (const id of ids) {
    const { data } = await client.ask<{ dispatch: { version: number } }>(
      'query ($id: ID!) { dispatch(id: $id) { version } }',
      { id },
    );
    versions.set(id, data!.dispatch.version);
  }
  return versions;
}

describeThrough(hiveRouter, () => {
  test(
    `${faults} faults, and ${clients * 1.5} clients that notice none, beside others that come back`,
    async () => {
      const scene = await tFaultScene();
      const ids = await createDispatches(scene.servers[0]!.client, dispatches);
      const { steady, returning } = await watchAll(scene, ids);
      const untilShown = async (watchers: readonly Watcher[], versions: ReadonlyMap<string, number>) => {
        const isThere = ({ dispatchId, events }: Watcher) =>
          events.at(-1)?.dispatch.version === versions.get(dispatchId);
        await until('the last version is shown', () => watchers.every(isThere), settleMs);
      };
      for (let number = 0; number < faults; number += 1)
        await playFault(scene, ids, number, async (server) =>
          untilShown(steady, await versionsOf(server, ids)),
        );
      const versions = await versionsOf(scene.servers[0]!, ids);
      const all = [...steady, ...returning];
      // Who is not there has a gap.
      await untilShown(all, versions).catch(() => undefined);
      expect(all.flatMap((one) => gapsOf(one, versions.get(one.dispatchId)!))).toEqual([]);
      expect(steady.flatMap(({ by, failures }) => failures.map((failure) => ({ by, failure })))).toEqual([]);
      expect(all.filter(({ normalEnds }) => normalEnds() > 0).map(({ by }) => by)).toEqual([]);
      expect(steady[0]!.events.length).toBeGreaterThan(faults);
    },
    (240 + 30 * faults) * 1_000,
  );
});
