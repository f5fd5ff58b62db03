/**
 * Apollo Router by its protocols: stand-ins that come to this service as it does, and hand on to a client what it would. As in its source
 * (`plugins/subscription/notification.rs`), what comes waits for the client in a queue of `queue_capacity`, which drops the oldest.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { tCallbackRouter } from '../../callback-router.ts';
import { tServerProcess } from '../../server-process.ts';
import { project, type Front } from '../behind-router.ts';
import { tReconnectingRouter } from '../reconnecting-router.ts';
import { Reading } from './reading.ts';
import type { WayClient, WayScene } from './scene.ts';

type Scene = Pick<WayScene, 'service' | 'client'>;

export interface ApolloOptions {
  /** Of the service. */
  readonly env: Record<string, string>;
  /** By what it is reached. */
  readonly front: Front;
  /** Results that wait for a client that does not read. Default: as many as router.yaml recommends. */
  readonly queueCapacity?: number;
}

const recommended = (
  parse(readFileSync(join(project, 'router.yaml'), 'utf8')) as {
    readonly subscription: { readonly queue_capacity: number };
  }
).subscription.queue_capacity;

/** One subscription at the stand-in. */
interface Upstream {
  /** The values of its root field so far. */
  readonly shown: () => readonly unknown[];
  /** How it has ended: normally, or with errors; null while it goes on. */
  readonly ending: () => 'complete' | readonly unknown[] | null;
  /** Resolves when `isThere` returns true, whenever that is. */
  readonly eventually: (isThere: () => boolean) => Promise<void>;
  readonly leave: () => void;
}

type Asked = Parameters<WayClient['subscribe']>[0];
type Sink = Parameters<WayClient['subscribe']>[1];

/** A client of the stand-in. */
function clientOf(open: (asked: Asked) => Upstream, queueCapacity = recommended): WayClient {
  const reading = new Reading();
  return {
    subscribe(asked, sink) {
      const upstream = open(asked);
      void handOn(upstream, sink, { reading, queueCapacity });
      return upstream.leave;
    },
    pause: () => reading.pause(),
    resume: () => reading.resume(),
  };
}

async function handOn(
  { shown, ending, eventually }: Upstream,
  sink: Sink,
  { reading, queueCapacity }: { readonly reading: Reading; readonly queueCapacity: number },
): Promise<void> {
  for (let at = 0; ; at += 1) {
    await eventually(() => shown().length > at || ending() !== null);
    await reading.goesOn;
    // Of what has come while it did not read the oldest is dropped, without a word.
    at = Math.max(at, shown().length - queueCapacity);
    if (shown().length === at) break;
    sink.next({ data: { event: shown()[at] } });
  }
  const ended = ending();
  if (ended === 'complete') sink.complete();
  else sink.error(ended);
}

/** With the reconnects that router.yaml has as a comment, and a delay in which a process starts on a busy machine. */
export async function tApolloByWebSocket({ env, front, queueCapacity }: ApolloOptions): Promise<Scene> {
  const service = await tServerProcess(env);
  const url = `${(await front(service, env)).replace('http', 'ws')}/graphql`;
  const client = (token: string) =>
    clientOf(({ query, variables }) => {
      const router = tReconnectingRouter({
        ...{ url, token, query, variables: variables ?? {} },
        ...{ maxAttempts: 10, delayMs: 3_000 },
      });
      return {
        shown: () => router.shown,
        ending: () =>
          Array.isArray(router.ending)
            ? router.ending.map((code: string) => ({ extensions: { code } }))
            : router.ending,
        eventually: (isThere) => router.eventually(isThere),
        leave: () => router.leave(),
      };
    }, queueCapacity);
  return { service, client };
}

export async function tApolloByCallback(
  { env: given, front, queueCapacity }: ApolloOptions,
  heartbeatIntervalMs: number,
): Promise<Scene> {
  const router = await tCallbackRouter();
  const env = { CALLBACK_ORIGINS: router.origin, ...given };
  const service = await tServerProcess(env);
  const url = await front(service, env);
  const client = (token: string) =>
    clientOf(({ query, variables }) => {
      const id = randomUUID();
      const asked = { token, query, variables: variables ?? {}, id, heartbeatIntervalMs };
      // What is refused ends it.
      void router.ask(url, asked);
      return {
        shown: () => router.shown(id),
        ending: () => router.endingOf(id),
        eventually: (isThere) => router.eventually(isThere),
        leave: () => router.forget(id),
      };
    }, queueCapacity);
  return { service, client };
}
