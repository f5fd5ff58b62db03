/** The head of an event stream. */
import type { ServerResponse } from 'node:http';
import { eventStreamType } from '../../http/accepted-types.ts';
import type { GraphQLExchange } from '../../http/stream-transport.ts';
import { beginResponse, headsOfStreams } from '../http-stream/head.ts';
import type { TransportContext } from '../transport.ts';

export const headsFor = (method: string) => ({
  'content-type': `${eventStreamType}; charset=utf-8`,
  ...headsOfStreams(method),
});

/** Sends it. */
export const beginEvents = (
  context: Pick<TransportContext, 'log'>,
  exchange: Pick<GraphQLExchange, 'request' | 'reply'>,
): ServerResponse => beginResponse(context, exchange, headsFor(exchange.request.method));
