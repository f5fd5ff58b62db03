/** The head of a response that goes on for as long as its stream. */
import type { ServerResponse } from 'node:http';
import type { GraphQLExchange } from '../../http/stream-transport.ts';
import type { TransportContext } from '../transport.ts';

/** What keeps others from holding back or keeping what is sent. */
export const headsOfStreams = (method: string) => ({
  // Caches keep what was answered to a GET unless they are told not to.
  'cache-control': `${method === 'GET' ? 'private, no-store' : 'no-cache'}, no-transform`,
  // Else nginx holds events back until its buffer is full.
  'x-accel-buffering': 'no',
});

/** Sends it, with what was set on the reply before. What the request came with is freed, which lives as long as its response. */
export function beginResponse(
  { log }: Pick<TransportContext, 'log'>,
  { request, reply }: Pick<GraphQLExchange, 'request' | 'reply'>,
  heads: Readonly<Record<string, string>>,
): ServerResponse {
  const response = reply.hijack().raw;
  const { id: requestId } = request;
  request.body = null;
  response.on('error', (error) => log.debug({ err: error, requestId }, 'a stream failed'));
  response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...heads });
  return response;
}
