/** The seam between /graphql and the ways to answer a request with a stream. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Viewer } from '../auth/viewer.ts';
import type { OperationRecord } from '../observability/operation-log.ts';
import type { Caller, OperationRequest } from '../operations/request.ts';
import type { FoundOperation } from '../operations/operation-cache.ts';

/** One request to /graphql, understood as far as all transports have in common. */
export interface GraphQLExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly operationRequest: OperationRequest;
  readonly found: FoundOperation;
  /** Without a quota: whoever shows streams says what they count against. */
  readonly caller: Caller & { readonly viewer: Viewer };
  /** Where the outcome is noted. */
  readonly record: OperationRecord;
}

export interface StreamTransport {
  /** Whether the request asks for this way. Never throws. */
  accepts(exchange: GraphQLExchange): boolean;
  /**
   * Answers, or begins to; resolves with the HTTP status.
   *
   * Rejects with the error that the client is to get when the request is refused before an answer began.
   */
  serve(exchange: GraphQLExchange): Promise<number>;
}
