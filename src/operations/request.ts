/** What comes in at the front door, whatever the transport: an operation, and who sent it. */
import type { RenewableSession } from '../auth/renewal.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Resumption } from '../realtime/resumption.ts';
import type { Quota } from './quota.ts';

/** What a client sends to have an operation run. */
export interface OperationRequest {
  /** Empty where the operation is named by an id instead. */
  readonly query: string;
  /** Its id in a manifest: https://github.com/graphql/graphql-over-http/pull/264 */
  readonly documentId?: string | null | undefined;
  /** Empty counts as none: GraphQL over HTTP, section 5.1. */
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * What one operation has used of its caller's limits. Whoever is refused for a while and tries the same operation again has
 * used nothing twice.
 */
export interface Attempt {
  /** Whether it takes up a stream again, which is no new attempt; null until somebody has looked. */
  isReturn: boolean | null;
  isRequestCounted: boolean;
  isCharged: boolean;
  isRateCounted: boolean;
  /** Of the trace that it is recorded in. */
  traceId?: string;
}

export const newAttempt = (): Attempt => ({
  isReturn: null,
  isRequestCounted: false,
  isCharged: false,
  isRateCounted: false,
});

/** Who sent an operation, and how long they wait for its answer. */
export interface Caller {
  /** Null for an operation that anybody may run. */
  readonly viewer: Viewer | null;
  /** The id in the log of the request, or of the connection that it came over. */
  readonly requestId: string;
  readonly address: string;
  /** Aborted, with `CallerLeft`, when the caller has left: then reads on their behalf end, and changes do not. */
  readonly signal: AbortSignal;
  /** What their subscriptions count against; null where a subscription cannot be answered. */
  readonly quota: Quota | null;
  readonly attempt: Attempt;
  /** Whether they may send any text: a gateway that has proved itself, or this service. Others where the manifest has it. */
  readonly isTrusted?: boolean | undefined;
  /** What it is a part of, as its sender says: the header `traceparent`. */
  readonly traceparent?: unknown;
  /** The connection that it came over, where that may go on with another token. */
  readonly session?: RenewableSession | undefined;
  /** What remembers where the stream of a subscription goes on; asked only for one that may begin. */
  readonly resumption?: Resumption | undefined;
  /** The header `Last-Event-ID` of an event stream. */
  readonly lastEventId?: string | null;
  /** The idempotency key of the request as it came, good or not: looked at only where it is a mutation. */
  readonly idempotencyKey?: unknown;
}

/** By which id a request names its operation; null where it sends the text alone. */
export function readDocumentId({ documentId, extensions }: OperationRequest): string | null {
  if (typeof documentId === 'string' && documentId !== '') return documentId;
  const { sha256Hash } = (extensions?.['persistedQuery'] ?? {}) as { readonly sha256Hash?: unknown };
  return typeof sha256Hash === 'string' && sha256Hash !== '' ? sha256Hash : null;
}

/** The key of a request: in its `extensions`, or else as its transport brings it; gateways hand on an empty header for none. */
export const idempotencyKeyOf = ({ extensions }: OperationRequest, ofTransport: unknown): unknown =>
  extensions?.['idempotencyKey'] ?? (ofTransport === '' ? null : ofTransport);
