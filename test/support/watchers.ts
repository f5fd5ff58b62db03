/** Many subscribers and a writer for tests of fail-over: which versions each one saw, and when clients reconnected. */
import type { Client } from 'graphql-ws';
import { subscribe, tClient } from './graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from './operations.ts';
import type { TestClient } from './test-client.ts';

export interface Watchers {
  /** The times at which clients reconnected, milliseconds since the Unix epoch. */
  readonly reconnects: readonly number[];
  /** Events that subscribers should not have seen, and errors with which they gave up. */
  readonly wrong: readonly string[];
  /** Resolves when every subscriber has seen this version of its dispatch, or a later one. */
  all(versions: ReadonlyMap<string, number>): Promise<void>;
}

const atOnce = 100;

/** Sockets of one viewer. */
const socketsPerViewer = 10;

/**
 * Starts `count` stock clients, each with its own socket and subscription, spread over viewers and dispatches. Resolves when each
 * has its snapshot. They reconnect by themselves as browsers do, with jitter and with their cursors.
 */
export async function tWatchers(
  wsUrl: string,
  tokens: Pick<TestClient, 'token'>,
  ids: readonly string[],
  count: number,
): Promise<Watchers> {
  const reconnects: number[] = [];
  const wrong: string[] = [];
  const newest: { readonly id: string; version: number }[] = [];
  const waiting = new Set<() => void>();
  const watch = async (index: number) => {
    const id = ids[index % ids.length]!;
    const seen = { id, version: 0 };
    newest.push(seen);
    let connected = 0;
    const token = await tokens.token({ sub: `viewer-${Math.floor(index / socketsPerViewer)}` });
    const client: Client = tClient(wsUrl, token, {
      retryAttempts: Infinity,
      shouldRetry: () => true,
      // Shorter than the stock client's own pauses, which begin with a second.
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 250)),
      on: { connected: () => void (connected++ > 0 && reconnects.push(Date.now())) },
    });
    const shown = subscribe<Update>(client, dispatchUpdated, { id }, ({ changeType, dispatch }) => {
      // The first event is a snapshot; from then on each change must come once, in order.
      const isInOrder = seen.version === 0 || dispatch.version === seen.version + 1;
      if (!isInOrder) wrong.push(`${index}: ${changeType} ${dispatch.version} after ${seen.version}`);
      seen.version = dispatch.version;
      for (const look of waiting) look();
    });
    await shown.until((events) => events.length > 0);
  };
  for (let index = 0; index < count; index += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - index) }, (_, i) => watch(index + i)));
  }
  const all = (versions: ReadonlyMap<string, number>) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (newest.some(({ id, version }) => version < (versions.get(id) ?? 0))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { reconnects, wrong, all };
}

export interface Writer {
  /** Changes whose acknowledgement came, so far. */
  readonly writes: number;
  /** Requests without an answer: whether they took effect is not known. */
  readonly unanswered: number;
  /** Stops it. Resolves with the versions that the record has in the end. */
  stop(): Promise<Map<string, number>>;
}

/** `count` dispatches to write to. */
export async function tDispatchIds(client: TestClient, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = await createDispatch(client);
    await assign(client, id);
    ids.push(id);
  }
  return ids;
}

/** Changes one dispatch after the other, with `pauseMs` between two changes, through every outage. */
export function startWriter(client: TestClient, ids: readonly string[], pauseMs: number): Writer {
  const pauses = new AbortController();
  let writes = 0;
  let unanswered = 0;
  const write = async () => {
    for (let turn = 0; !pauses.signal.aborted; turn += 1) {
      await assign(client, ids[turn % ids.length]!, `A-${turn}`).then(
        () => (writes += 1),
        () => (unanswered += 1),
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const writing = write();
  return {
    get writes() {
      return writes;
    },
    get unanswered() {
      return unanswered;
    },
    async stop() {
      pauses.abort();
      await writing;
      const query = '{ despachos(limit: 500) { id version } }';
      const { data } = await client.ask<{ despachos: { id: string; version: number }[] }>(query);
      return new Map(data!.despachos.map(({ id, version }) => [id, version]));
    },
  };
}
