/** Sends an operation and leaves before its answer, in a way of each transport. */
import { expect } from '@jest/globals';
import type { RunningApp } from './app.ts';
import type { CallbackRouter } from './callback-router.ts';
import { tAcknowledgedSocket } from './graphql-client.ts';

export interface Leaving {
  readonly transport: string;
  /** Sends an operation. Returns a function that leaves. */
  ask(app: RunningApp, asked: Asked): Promise<() => void>;
  /** The outcome in the operation log; operations of sockets have no line there. */
  readonly outcomes: readonly string[];
}

export interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

async function askOverSocket(app: RunningApp, payload: Asked) {
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  socket.send({ type: 'subscribe', id: 'a', payload });
  return socket;
}

const expectLeft = (error: unknown) => expect(error).toMatchObject({ name: 'AbortError' });

const overHttp = (transport: string, accept: string): Leaving => ({
  transport,
  async ask(app, asked) {
    const leaving = new AbortController();
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await app.token()}`, accept },
      body: JSON.stringify(asked),
      signal: leaving.signal,
    }).catch(expectLeft);
    return () => leaving.abort();
  },
  outcomes: ['CLIENT_CLOSED_REQUEST'],
});

export const byComplete: Leaving = {
  transport: 'a WebSocket, by a complete message',
  async ask(app, asked) {
    const socket = await askOverSocket(app, asked);
    return () => socket.send({ type: 'complete', id: 'a' });
  },
  outcomes: [],
};

export const byCut: Leaving = {
  transport: 'a WebSocket, without a word',
  async ask(app, asked) {
    const { socket } = await askOverSocket(app, asked);
    return () => socket.terminate();
  },
  outcomes: [],
};

export const eventStream = overHttp('Server-Sent Events', 'text/event-stream');
export const plainHttp = overHttp('HTTP', 'application/json');

/** There is no body whose end could be missed. */
const byGetting = (transport: string, accept: string): Leaving => ({
  transport,
  async ask(app, { query }) {
    const leaving = new AbortController();
    fetch(`${app.url}/graphql?${new URLSearchParams({ query })}`, {
      headers: { authorization: `Bearer ${await app.token()}`, 'apollo-require-preflight': 'true', accept },
      signal: leaving.signal,
    }).catch(expectLeft);
    return () => leaving.abort();
  },
  outcomes: ['CLIENT_CLOSED_REQUEST'],
});

export const byGet = byGetting('HTTP, by GET', 'application/json');
export const eventStreamByGet = byGetting('Server-Sent Events, by GET', 'text/event-stream');

export const callbackOf = (router: CallbackRouter): Leaving => ({
  transport: 'HTTP callback',
  async ask(app, asked) {
    const leaving = new AbortController();
    router.ask(app.url, { token: await app.token(), ...asked, signal: leaving.signal }).catch(expectLeft);
    return () => leaving.abort();
  },
  outcomes: ['CLIENT_CLOSED_REQUEST'],
});
