/** Messages of a channel on a bare socket, whose test says when it comes, goes and answers. */
import type { BareSocket } from './graphql-client.ts';
import { messageBroadcast, type Message } from './unaware-client.ts';

export const channel = 'general';

/** The numbers that were shown of an operation on a bare socket. */
export const shownOn = ({ messages }: BareSocket, id: string): number[] =>
  messages
    .filter((message) => message['type'] === 'next' && message['id'] === id)
    .map(({ payload }) =>
      Number((payload as { data: { messageBroadcast: Message } }).data.messageBroadcast.message),
    );

/** Listens to a channel on it. */
export function ask(socket: BareSocket, id: string, inChannel = channel): void {
  socket.send({
    id,
    type: 'subscribe',
    payload: { query: messageBroadcast, variables: { channel: inChannel } },
  });
}
