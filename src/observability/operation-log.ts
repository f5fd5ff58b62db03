/** Writes one log line and takes one measurement for each GraphQL request, without variables and tokens. */
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from './log.ts';
import { observe } from './metrics/latency.ts';
import type { Metrics } from './metrics.ts';

/** What is known of a request, filled in while it is served. */
export interface OperationRecord {
  readonly requestId: string;
  /** By `performance.now()`. */
  readonly startedAtMs: number;
  viewerId: string | null;
  /** `query`, `mutation` or `subscription`; null when the request failed before that was known. */
  type: string | null;
  name: string | null;
  errors: readonly GraphQLFormattedError[];
  /** Of its trace, where that is recorded. */
  traceId?: string | undefined;
}

/** Clients choose the name, so it may be very long. */
const maxNameLength = 100;

export function createOperationRecord(requestId: string): OperationRecord {
  return { requestId, startedAtMs: performance.now(), viewerId: null, type: null, name: null, errors: [] };
}

/** Each text among the values, once. */
function distinct(values: readonly unknown[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string'))];
}

export function createOperationLog(log: Logger, metrics: Metrics) {
  return (record: OperationRecord, status: number): void => {
    const durationMs = performance.now() - record.startedAtMs;
    const codes = distinct(record.errors.map(({ extensions }) => extensions?.['code']));
    const errorIds = distinct(record.errors.map(({ extensions }) => extensions?.['id']));
    const outcome = codes[0] ?? 'ok';
    observe(metrics.requests, durationMs / 1000, { type: record.type ?? 'none', outcome }, record.traceId);
    log.info(
      {
        requestId: record.requestId,
        viewer: record.viewerId,
        type: record.type,
        operation: record.name?.slice(0, maxNameLength) ?? null,
        durationMs: Math.round(durationMs * 100) / 100,
        status,
        outcome,
        ...(record.traceId !== undefined && { traceId: record.traceId }),
        ...(codes.length > 1 && { codes }),
        ...(errorIds.length > 0 && { errorIds }),
      },
      'operation',
    );
  };
}

export type OperationLog = ReturnType<typeof createOperationLog>;
