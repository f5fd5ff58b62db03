/** Owns the seam between /graphql and the ways to serve a subscription that came over HTTP. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationRecord } from '../observability/operation-log.ts';
import type { Caller } from '../operations/operations.ts';

export interface StreamTransport {
  /** Whether the request asks for this way. Never throws. */
  takes(request: FastifyRequest): boolean;
  /**
   * Answers, or begins to; resolves with the HTTP status.
   *
   * Rejects with the error that the client is to get when the request is refused before an answer began.
   */
  serve(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    record: OperationRecord,
  ): Promise<number>;
}
