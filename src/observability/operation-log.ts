/** Writes one log line and takes one measurement for each GraphQL request, without variables and tokens. */
import type { GraphQLFormattedError } from 'graphql';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from './log.ts';
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

export interface OperationLogOptions {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'requests'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Clients choose the name, so it may be very long. */
const maxNameLength = 100;

export function createOperationRecord(requestId: string): OperationRecord {
  return { requestId, startedAtMs: performance.now(), viewerId: null, type: null, name: null, errors: [] };
}

/** What errors have under a name, each text once. */
function distinct(errors: OperationRecord['errors'], name: 'code' | 'id'): readonly string[] {
  if (errors.length === 0) return none;
  const values = errors.map(({ extensions }) => extensions?.[name]);
  return [...new Set(values.filter((value) => typeof value === 'string'))];
}

const none: readonly string[] = [];

export function createOperationLog({ log, metrics, clock }: OperationLogOptions) {
  return (record: OperationRecord, status: number): void => {
    const durationMs = performance.now() - record.startedAtMs;
    const codes = distinct(record.errors, 'code');
    const errorIds = distinct(record.errors, 'id');
    const outcome = codes[0] ?? 'ok';
    const { traceId } = record;
    const example = traceId === undefined ? undefined : { traceId, at: clock.now() };
    metrics.requests.of(record.type ?? 'none', outcome).add(durationMs / 1000, example);
    if (!log.isLevelEnabled('info')) return;
    log.info(
      {
        requestId: record.requestId,
        viewer: record.viewerId,
        type: record.type,
        operation: record.name?.slice(0, maxNameLength) ?? null,
        durationMs: Math.round(durationMs * 100) / 100,
        status,
        outcome,
        ...(traceId !== undefined && { traceId }),
        ...(codes.length > 1 && { codes }),
        ...(errorIds.length > 0 && { errorIds }),
      },
      'operation',
    );
  };
}

export type OperationLog = ReturnType<typeof createOperationLog>;
