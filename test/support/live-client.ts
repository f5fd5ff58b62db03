/** The client package for tests, as an app uses it, and what it has shown. */
import { afterEach } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  createLiveClient,
  type LiveClient,
  type LiveClientOptions,
  type LiveError,
  type LiveState,
  type Operation,
  type Variables,
} from '../../packages/live/src/index.ts';
import { Facts } from './graphql-client.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** Where nothing is silent, a machine that is slow must not look as if something were. */
const patient = { lateMs: 60_000, silentMs: 60_000, connectMs: 60_000, lingerMs: 0 };

export interface TestLive {
  readonly live: LiveClient;
  /** Every state that there was, in order. */
  readonly states: readonly LiveState[];
  /** Resolves when it has been in all of these states, in this order. */
  went(...kinds: LiveState['kind'][]): Promise<void>;
}

/** Disposed of after the test. */
export function tLive(
  url: string,
  token: LiveClientOptions['token'],
  { timing, ...options }: Partial<LiveClientOptions> = {},
): TestLive {
  const facts = new Facts();
  const states: LiveState[] = [];
  const live = createLiveClient({
    url: `${url}/graphql`,
    token,
    webSocketImpl: WebSocket,
    timing: { ...patient, ...timing },
    onState(state) {
      states.push(state);
      facts.changed();
    },
    ...options,
  });
  undos.push(() => live.dispose());
  const wentThrough = (kinds: readonly LiveState['kind'][]) => {
    let at = 0;
    for (const { kind } of states) if (kind === kinds[at]) at += 1;
    return at === kinds.length;
  };
  return {
    live,
    states,
    went: (...kinds) =>
      facts.until(
        () => wentThrough(kinds),
        () => ({ wanted: kinds, states }),
      ),
  };
}

export interface Watched<T> {
  /** The values of the only root field. */
  readonly events: readonly T[];
  readonly errors: readonly LiveError[];
  until(isThere: (events: readonly T[]) => boolean): Promise<void>;
  ended(): Promise<void>;
  stop(): void;
}

/** Watches, and collects what it is shown. */
export function watch<T>(
  live: LiveClient,
  operation: Operation<Record<string, T>, never>,
  variables: Variables = {},
): Watched<T> {
  const facts = new Facts();
  const events: T[] = [];
  const errors: LiveError[] = [];
  const stop = live.subscribe<Record<string, T>, never>(operation, variables as never, {
    next({ data }) {
      events.push(Object.values(data)[0]!);
      facts.changed();
    },
    error(error) {
      errors.push(error);
      facts.changed();
    },
  });
  return {
    events,
    errors,
    stop,
    ended: () => facts.until(() => errors.length > 0),
    async until(isThere) {
      await facts.until(
        () => isThere(events) || errors.length > 0,
        () => events,
      );
      if (!isThere(events)) throw new Error(`It ended first: ${JSON.stringify(errors)}`);
    },
  };
}

/** Waits that suit a test of silent paths. A loaded machine may take seconds to answer. */
export const impatient = { quietMs: 400, lateMs: 300, silentMs: 4_000 };
