/** Apollo Router by its protocols: stand-ins that come to this service as it does, and hand on to a client what it would. */
import { randomUUID } from 'node:crypto';
import { tCallbackRouter } from '../../callback-router.ts';
import type { Subscribing } from '../../graphql-client.ts';
import { tServerProcess } from '../../server-process.ts';
import type { Front } from '../behind-router.ts';
import { tReconnectingRouter } from '../reconnecting-router.ts';
import type { WayScene } from './scene.ts';

type Scene = Pick<WayScene, 'service' | 'client'>;

/** The environment of the service, and by what it is reached. */
interface Behind {
  readonly env: Record<string, string>;
  readonly front: Front;
}

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

type Asked = Parameters<Subscribing['subscribe']>[0];
type Sink = Parameters<Subscribing['subscribe']>[1];

const clientOf = (open: (asked: Asked) => Upstream): Subscribing => ({
  subscribe(asked, sink) {
    const upstream = open(asked);
    void handOn(upstream, sink);
    return upstream.leave;
  },
});

async function handOn({ shown, ending, eventually }: Upstream, sink: Sink): Promise<void> {
  for (let at = 0; ; at += 1) {
    await eventually(() => shown().length > at || ending() !== null);
    if (shown().length === at) break;
    sink.next({ data: { event: shown()[at] } });
  }
  const ended = ending();
  if (ended === 'complete') sink.complete();
  else sink.error(ended);
}

/** With the reconnects that router.yaml has as a comment, and a delay in which a process starts on a busy machine. */
export async function tApolloByWebSocket({ env, front }: Behind): Promise<Scene> {
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
    });
  return { service, client };
}

export async function tApolloByCallback(
  { env: given, front }: Behind,
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
    });
  return { service, client };
}
