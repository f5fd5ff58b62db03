/** Speaks graphql-sse's single connection mode request by request. */
import { tEventStream, type BareEventStream } from './event-stream.ts';
import { send, type HttpAnswer } from './http.ts';
import { tTicket } from './stream-tickets.ts';

const ticketHeader = 'x-graphql-event-stream-token';

export interface SharedStreamOf {
  readonly ticket: string;
  readonly stream: BareEventStream;
}

/** Gets a ticket, and opens its stream; it is cut after the test. */
export async function tSharedStream(url: string, token: string): Promise<SharedStreamOf> {
  const ticket = await tTicket(url, token);
  const stream = await openShared(url, token, ticket);
  if (stream.status !== 200) throw new Error(`There was no stream: ${stream.status}`);
  return { ticket, stream };
}

export const openShared = (url: string, token: string, ticket: string): Promise<BareEventStream> =>
  tEventStream(`${url}/graphql`, { token, headers: { [ticketHeader]: ticket } });

export interface SharedRequest {
  readonly token: string;
  readonly ticket: string;
}

export function postShared(
  url: string,
  { token, ticket }: SharedRequest,
  body: Readonly<Record<string, unknown>>,
  operationId?: unknown,
): Promise<HttpAnswer> {
  return send(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      [ticketHeader]: ticket,
    },
    body: JSON.stringify({ ...body, ...(operationId !== undefined && { extensions: { operationId } }) }),
  });
}

export const endShared = (
  url: string,
  { token, ticket }: SharedRequest,
  operationId: string,
): Promise<HttpAnswer> =>
  send(`${url}/graphql?operationId=${operationId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}`, [ticketHeader]: ticket },
  });
