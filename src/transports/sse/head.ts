/** The head of an event stream. */
import type { ServerResponse } from 'node:http';
import { eventStreamType } from '../../http/accepted-types.ts';
import type { GraphQLExchange } from '../../http/stream-transport.ts';
import type { TransportContext } from '../transport.ts';

export const headsFor = (method: string) => ({
  'content-type': `${eventStreamType}; charset=utf-8`,
  // Caches keep what was answered to a GET unless they are told not to.
  'cache-control': `${method === 'GET' ? 'private, no-store' : 'no-cache'}, no-transform`,
  // Else nginx holds events back until its buffer is full.
  'x-accel-buffering': 'no',
});

/** Sends it. */
export function beginEvents(
  { log }: Pick<TransportContext, 'log'>,
  { request, reply }: Pick<GraphQLExchange, 'request' | 'reply'>,
): ServerResponse {
  const response = reply.hijack().raw;
  response.on('error', (error) => log.debug({ err: error, requestId: request.id }, 'a stream failed'));
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headsFor(request.method),
  });
  return response;
}
