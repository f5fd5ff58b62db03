/** Clients of graphql-transport-ws, which come back with the same operation id. */
import {
  tAcknowledgedSocket,
  type BareSocket,
  type BareSocketOptions,
} from '../../../support/graphql-client.ts';
import { codesOf, valuesOf, type Connect, type Way } from './way.ts';

/** `options`: how it answers pings, where it does not as the stock client does. `use` is given each of its sockets. */
export const webSocketClient =
  (options: BareSocketOptions = {}, use: (bare: BareSocket) => void = () => {}): Connect =>
  async ({ app, token, operationId: id, query, variables }) => {
    const bare = await tAcknowledgedSocket(app.wsUrl, token, options);
    use(bare);
    bare.send({ id, type: 'subscribe', payload: { query, variables } });
    const of = (type: string) => bare.messages.filter((message) => message['type'] === type);
    const results = () => of('next').map(({ payload }) => payload);
    let closed: string[] = [];
    bare.socket.once('close', (code) => (closed = [String(code)]));
    return {
      shown: () => valuesOf(results()),
      told: () => [
        ...codesOf([...results(), ...of('error').map(({ payload }) => ({ errors: payload }))]),
        ...of('complete').map(() => 'complete'),
        ...closed,
      ],
      cut: () => bare.socket.terminate(),
      complete: () => bare.send({ id, type: 'complete' }),
    };
  };

export const webSocket: Way = {
  name: 'WebSocket',
  isAcknowledged: true,
  receiver: 'CLIENT',
  open: async () => ({ env: {}, client: () => webSocketClient() }),
};
