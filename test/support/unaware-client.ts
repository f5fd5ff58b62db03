/** A stock graphql-ws client that does nothing for delivery: it keeps no cursor, and comes back whenever its connection breaks. */
import { afterEach } from '@jest/globals';
import type { Client, ClientOptions } from 'graphql-ws';
import { Facts, tClient } from './graphql-client.ts';
import type { TestClient } from './test-client.ts';

export const messageBroadcast =
  'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message } }';

/** What the README gives for direct clients, with shorter waits. */
export function tUnawareClient(
  url: ClientOptions['url'],
  token: string,
  options: Partial<ClientOptions> = {},
): Client {
  return tClient(url, token, {
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (attempt) => new Promise((resolve) => setTimeout(resolve, Math.min(500, 20 * 2 ** attempt))),
    ...options,
  });
}

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

export interface Listening<T> {
  readonly events: readonly T[];
  readonly failures: readonly unknown[];
  until(isThere: (events: readonly T[]) => boolean): Promise<void>;
  /** How often the client has acknowledged something. */
  readonly acknowledgements: number;
  /** Resolves when the client has acknowledged everything that was shown so far. */
  acknowledged(): Promise<void>;
  unsubscribe(): void;
}

/** Subscribes with variables that never change, and collects the values of the only root field. Ends after the test. */
export function listen<T>(
  client: Pick<Client, 'subscribe'> & Partial<Pick<Client, 'on'>>,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Listening<T> {
  const events: T[] = [];
  const failures: unknown[] = [];
  const facts = new Facts();
  const fail = (error: unknown) => {
    failures.push(error);
    facts.changed();
  };
  let [acknowledged, pongs] = [0, 0];
  client.on?.('pong', (received) => {
    if (received) return;
    acknowledged = events.length;
    pongs += 1;
    facts.changed();
  });
  const unsubscribe = client.subscribe<Record<string, T>>(
    { query, variables: { ...variables } },
    {
      next({ data, errors }) {
        if (errors) fail(errors);
        if (data) events.push(Object.values(data)[0]!);
        facts.changed();
      },
      error: fail,
      complete: () => facts.changed(),
    },
  );
  undos.push(unsubscribe);
  return {
    events,
    failures,
    get acknowledgements() {
      return pongs;
    },
    until: async (isThere) => {
      await facts.until(() => isThere(events) || failures.length > 0);
      if (!isThere(events)) throw new Error(`The stream ended first: ${JSON.stringify(failures)}`);
    },
    acknowledged: async () => {
      const count = events.length;
      await facts.until(() => acknowledged >= count);
    },
    unsubscribe,
  };
}

export interface Message {
  readonly message: string;
}

const perRequest = 25;

/** Sends messages `first` … `last` to a channel, in order: each is one event. */
export async function say(app: TestClient, channel: string, first: number, last = first): Promise<void> {
  for (let start = first; start <= last; start += perRequest) {
    const count = Math.min(perRequest, last - start + 1);
    const fields = Array.from(
      { length: count },
      (_, at) => `m${at}: broadcastMessage(channel: "${channel}", message: "${start + at}") { id }`,
    );
    const { errors } = await app.ask(`mutation { ${fields.join(' ')} }`);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

export const numbersOf = (events: readonly Message[]): number[] =>
  events.map(({ message }) => Number(message));
export const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
