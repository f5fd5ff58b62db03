/** What the endpoint /graphql asks of a transport that answers requests with streams. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { StreamTicket } from '../auth/stream-tickets.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { OperationRecord } from '../observability/operation-log.ts';
import type { Caller, OperationRequest } from '../operations/request.ts';
import type { FoundOperation } from '../operations/operation-cache.ts';
import type { UnreadAnswer } from '../operations/unread.ts';

/** A request to /graphql that is refused as a whole. */
export interface RefusedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Who sent it; null where their token is not good, or there is none. */
  readonly viewer: Viewer | null;
  readonly errors: readonly GraphQLFormattedError[];
}

/** What was answered. */
export interface SentRefusal {
  readonly status: number;
  readonly bytes: number;
}

/** One request to /graphql, and what all transports need to know of it. */
export interface GraphQLExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly operationRequest: OperationRequest;
  readonly found: FoundOperation;
  /** Without a quota: the transport says what its streams count against. */
  readonly caller: Caller & { readonly viewer: Viewer };
  /** Where the outcome is noted for the operation log. */
  readonly record: OperationRecord;
  /** Takes part in what waits for the viewer. A transport that shows a stream counts what waits for that itself. */
  readonly answer: UnreadAnswer;
  /** By which the viewer is known who shows no token: for the stream of this ticket, and nothing else. */
  readonly ticket: StreamTicket | null;
}

/** A request for an event stream that is to carry operations of other requests. */
export interface StreamOpening extends Pick<GraphQLExchange, 'request' | 'reply'> {
  readonly viewer: Viewer;
  readonly ticket: StreamTicket;
  /** Aborted when whoever asks has left. */
  readonly signal: AbortSignal;
}

/** Event streams that many operations share, as graphql-sse has them in its single connection mode. */
export interface SharedStreams {
  /** Answers with a stream. Resolves with the HTTP status. Rejects when it is refused before an answer began. */
  open(opening: StreamOpening): Promise<number>;
  /** Ends an operation on the stream of a ticket. Rejects where no process has this stream, or none can be asked. */
  end(ticket: StreamTicket, viewer: Viewer, operationId: string): Promise<void>;
}

export interface StreamTransport {
  /** Whether the request asks for this transport. Never throws. */
  accepts(exchange: GraphQLExchange): boolean;
  /**
   * Answers the request, or begins to. Resolves with the HTTP status.
   *
   * Rejects when the request is refused before an answer began, with the error that the client is to get.
   */
  serve(exchange: GraphQLExchange): Promise<number>;
  /** Whether a refusal is to be told by this transport, rather than by a status and JSON. */
  refuses?(refused: RefusedRequest): boolean;
  /** Tells it. */
  refuse?(refused: RefusedRequest): SentRefusal;
}
