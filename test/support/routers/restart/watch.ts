/** What clients of routers see while everything behind and before them is restarted, and changes go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { tEventClient } from '../../event-stream.ts';
import { tClient } from '../../graphql-client.ts';
import type { ServerProcess } from '../../server-process.ts';
import { begun, returningWatcher, type Watcher } from '../faults/watchers.ts';
import { joinedUpdated, type JoinedUpdate } from '../joins.ts';
import type { RestartScene } from './scene.ts';

export type Joined = Watcher<JoinedUpdate>;

/** Two for each replica, which come back with their cursors after each error, and ask for a field of the fleet. */
export async function watchThrough(
  router: 'Hive Router' | 'Hive Gateway',
  { pairs, servers }: RestartScene,
  id: string,
): Promise<readonly Joined[]> {
  const token = await servers[0]!.client.token();
  const { url } = pairs[router];
  const bySocket = () => tClient(`${url.replace('http', 'ws')}/graphql`, token);
  const byEvents = () => tEventClient(url, token);
  // Of Hive Gateway's clients those by event stream alone are served here.
  const clients =
    router === 'Hive Router' ? [bySocket, bySocket, byEvents, byEvents] : Array(4).fill(byEvents);
  const watchers: Joined[] = [];
  for (const client of clients)
    watchers.push(await begun(() => returningWatcher<JoinedUpdate>(router, client(), id, joinedUpdated)));
  return watchers;
}

/** From now on. What is returned says what all of them saw until then, in words. */
export function lookAt(watchers: readonly Joined[]): () => string {
  const marks = watchers.map(({ events, failures }) => [events.length, failures.length] as const);
  return () => {
    const failures = watchers.flatMap((one, at) => one.failures.slice(marks[at]![1]));
    const events = watchers.flatMap((one, at) => one.events.slice(marks[at]![0]));
    const codes = [...new Set(failures.map(codeOf))].toSorted();
    const words = [
      ...(codes.length > 0 ? [`${codes.join(', ')}; back with its cursor, nothing lost`] : []),
      ...(events.some(({ dispatch }) => dispatch.vehicle === null) ? ['`vehicle` is null'] : []),
    ];
    return words.join('; ') || 'nothing';
  };
}

const codeOf = (failure: unknown): string => {
  const code = (failure as { extensions?: { code?: string } }).extensions?.code;
  return code ? `\`${code}\`` : 'the connection breaks';
};

export interface Changes {
  /** The version of the last one that was answered. */
  readonly version: () => number;
  /** Resolves when the last one was made. */
  readonly stop: () => Promise<void>;
}

/** Changes a dispatch all the time, through each process in turn: one that is away is passed over. */
export function keepChanging(servers: readonly ServerProcess[], id: string): Changes {
  let version = 1;
  let isOver = false;
  const query =
    'mutation ($id: ID!, $ambulance: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulance) { version } }';
  const keepOn = async () => {
    for (let count = 0; !isOver; count += 1) {
      const { client } = servers[count % servers.length]!;
      const answer = await client
        .ask<{ assignDispatch: { version: number } | null }>(query, {
          id,
          ambulance: count % 4 < 2 ? 'A01' : 'A02',
        })
        .catch(() => null);
      version = answer?.data?.assignDispatch?.version ?? version;
      // As often as a busy dispatch is changed, and no flood.
      await sleep(100);
    }
  };
  const ended = keepOn();
  return {
    version: () => version,
    stop: () => {
      isOver = true;
      return ended;
    },
  };
}
