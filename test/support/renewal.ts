/** Renews the session of a bare socket, by mutation and by ping. */
import { randomUUID } from 'node:crypto';
import type { BareSocket } from './graphql-client.ts';

export const renewSession = 'mutation ($token: String!) { renewSession(token: $token) { expiresAt } }';

export interface Renewed {
  readonly data?: { readonly renewSession: { readonly expiresAt: string | null } } | null;
  readonly errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
}

/** Resolves with the answer. What the socket was sent before it, is in its messages by then. */
export async function renew(socket: BareSocket, token: string): Promise<Renewed> {
  const id = randomUUID();
  socket.send({ id, type: 'subscribe', payload: { query: renewSession, variables: { token } } });
  return (await socket.message('next', id))['payload'] as Renewed;
}

const pongsOf = ({ messages }: BareSocket) => messages.filter(({ type }) => type === 'pong');

/** The same by a ping; `payload` has the token in one of its places. */
export async function renewByPing(socket: BareSocket, payload: object): Promise<Renewed> {
  const before = pongsOf(socket).length;
  socket.send({ type: 'ping', payload });
  await socket.until(() => pongsOf(socket).length > before);
  return pongsOf(socket)[before]!['payload'] as Renewed;
}
