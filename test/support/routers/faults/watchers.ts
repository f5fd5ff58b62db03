/** Those who watch while faults are played: some do nothing for it, others come back with their cursor after each error. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import { subscribe, type Subscribing } from '../../graphql-client.ts';
import { dispatchUpdated, type Update } from '../../operations.ts';
import { until } from '../../until.ts';

const beginMs = 120_000;
const attempts = 10;

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

export interface Watcher<E extends Update = Update> {
  /** How its stream comes to it. */
  readonly by: string;
  readonly dispatchId: string;
  readonly events: readonly E[];
  /** The errors that it was told. */
  readonly failures: readonly unknown[];
  /** How often its stream ended as if that were all. */
  readonly normalEnds: () => number;
}

/** It never subscribes again. */
export function steadyWatcher(by: string, client: Subscribing, id: string): Watcher {
  const { events, failures, isComplete } = subscribe<Update>(client, dispatchUpdated, { id });
  return { by, dispatchId: id, events, failures, normalEnds: () => Number(isComplete()) };
}

/** After each end of its stream, and each event that it is told an error of, it subscribes again, as an app does that keeps its cursor; it leaves with the test. */
export function returningWatcher<E extends Update = Update>(
  by: string,
  client: Subscribing,
  id: string,
  query: string = dispatchUpdated,
): Watcher<E> {
  const events: E[] = [];
  // With the newest cursor, which `subscribe` writes into it.
  const variables = { id };
  const failures: unknown[] = [];
  let ends = 0;
  let hasLeft = false;
  undos.push(() => (hasLeft = true));
  const keepWatching = async () => {
    while (!hasLeft) {
      const shown = subscribe<E>(client, query, variables, (event) => events.push(event));
      await shown.broken();
      shown.unsubscribe();
      if (!hasLeft && shown.failures.length === 0) ends += 1;
      failures.push(...shown.failures);
      // Nobody hammers a service that is away.
      await sleep(100);
    }
  };
  void keepWatching();
  return { by, dispatchId: id, events, failures, normalEnds: () => ends };
}

/** One that has the state. On a machine that is so busy that its router gives up at once, it is made again. */
export async function begun<E extends Update>(make: () => Watcher<E>): Promise<Watcher<E>> {
  for (let attempt = 1; ; attempt += 1) {
    const watcher = make();
    const { by, events, failures } = watcher;
    await until(`${by}: the state is shown`, () => events.length + failures.length > 0, beginMs);
    if (events.length > 0) return watcher;
    if (attempt === attempts) throw new Error(`${by}: ${JSON.stringify(failures)}`);
  }
}

/**
 * What is missing without a word in what a client was shown up to a version. A process that was killed before it could say what the router
 * had taken of a stream that had just begun leaves one that begins anew, and says so.
 */
export function gapsOf({ by, dispatchId, events }: Watcher, last: number): readonly string[] {
  const gaps: string[] = [];
  let newest = 0;
  for (const { changeType, dispatch } of events) {
    if (dispatch.version > newest + 1 && changeType !== 'SNAPSHOT')
      gaps.push(`${newest} → ${dispatch.version}`);
    newest = Math.max(newest, dispatch.version);
  }
  if (newest !== last) gaps.push(`${newest} → (${last})`);
  return gaps.map((gap) => `${by}, dispatch ${dispatchId}: ${gap}`);
}
