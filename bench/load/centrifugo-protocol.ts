/** Speaks the protocol of Centrifugo, as JSON. */
import type { Protocol } from './protocols.ts';

interface Reply {
  readonly error?: unknown;
  readonly connect?: unknown;
  readonly subscribe?: { readonly epoch?: string };
  readonly push?: { readonly pub?: { readonly data: unknown; readonly offset: number } };
}

/** Both from Centrifugo and from its clients. */
const ping = '{}';
const connectId = 1;

/** Ids of commands are numbers from 1 on. That of a subscription ends with its place among those of its socket, in hexadecimal digits. */
const commandId = (subscriptionId: string) => connectId + 1 + Number.parseInt(subscriptionId.slice(-4), 16);

export const centrifugo: Protocol = {
  path: '/connection/websocket',
  subProtocol: null,
  separator: '\n',
  greeting: () => JSON.stringify({ id: connectId, connect: {} }),
  subscribe({ id, topic, variables: { after } }) {
    const subscribe = {
      channel: topic,
      ...(after !== undefined && { recover: true, ...parseCursor(after) }),
    };
    return JSON.stringify({ id: commandId(id), subscribe });
  },
  understand(text) {
    if (text === ping) return { reply: ping };
    const { error, connect, subscribe } = JSON.parse(text) as Reply;
    if (error !== undefined) return { problem: text };
    if (connect) return 'ready';
    if (subscribe) return { epoch: subscribe.epoch ?? '' };
    return { problem: text };
  },
  readEvent(text) {
    const { push } = JSON.parse(text) as Reply;
    return { id: null, payload: push?.pub?.data };
  },
  readCursor(text, epoch) {
    const { push } = JSON.parse(text) as Reply;
    return push?.pub ? `${push.pub.offset} ${epoch}` : undefined;
  },
};

/** Of a log: the number of an event in it, and which log it is. */
function parseCursor(cursor: string): { offset: number; epoch: string } {
  const [offset, epoch] = cursor.split(' ');
  return { offset: Number(offset), epoch: epoch! };
}
