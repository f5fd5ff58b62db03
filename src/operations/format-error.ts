/** Makes of an error what the client may read: their own mistakes in full, ours only by an id that is in the log too. */
import { randomBytes } from 'node:crypto';
import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import { Burst } from '../lib/burst.ts';
import { CallerLeft } from '../lib/failures/caller-left.ts';
import type { Clock } from '../lib/clock.ts';
import { badUserInput, ClientError, isErrorCode, type ErrorCode } from '../lib/errors.ts';
import { OutcomeUnknown, Unavailable } from '../lib/unavailable.ts';
import type { Logger } from '../observability/log.ts';
import { CursorTooOldError, InvalidCursorError } from '../realtime/cursors/cursor.ts';
import { TooManyOpenOperations } from '../realtime/held-operations.ts';
import { withoutSuggestion } from './suggestions.ts';

/** Turns whatever was thrown into what is sent. `about` is added to the log line. */
export type ErrorFormatter = (
  error: unknown,
  about?: Readonly<Record<string, unknown>>,
) => GraphQLFormattedError;

/** The error itself, inside of those that graphql-js wrapped around it to say where it happened. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/** The code of an error that the client may read; undefined for an unforeseen error. */
function clientCode(error: GraphQLError): ErrorCode | undefined {
  const code = error.extensions['code'];
  const cause = rootCause(error);
  // What a scalar's parser threw is the client's mistake: graphql-js wraps it in an error with a place in the text, and no path.
  const isForeign =
    !(cause instanceof GraphQLError) && (error.path !== undefined || error.nodes === undefined);
  if (isForeign || code === 'INTERNAL_SERVER_ERROR') return undefined;
  if (isErrorCode(code)) return code;
  if (error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return 'BAD_USER_INPUT';
  // Inside a field, graphql-js complains about an argument, and points at it, or else about what a resolver returned.
  if (error.path)
    return error.originalError instanceof GraphQLError && error.originalError.nodes
      ? 'BAD_USER_INPUT'
      : undefined;
  return error.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
}

/** Never sent: `http` says to Apollo Server which status to answer with. */
const innerExtensions = new Set(['http', 'stacktrace', 'exception']);

function publicExtensions(error: GraphQLError, code: ErrorCode): Record<string, unknown> {
  const entries = Object.entries(error.extensions).filter(([name]) => !innerExtensions.has(name));
  return { ...Object.fromEntries(entries), code };
}

/** Characters of a message. Errors about variables repeat a value as it was sent, and say behind it what is wrong with it. */
const maxMessageChars = 2_000;

function shortened(message: string): string {
  if (message.length <= maxMessageChars) return message;
  const half = maxMessageChars / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

export interface ErrorFormatterOptions {
  readonly log: Logger;
  /** Whether errors may say what the schema has instead of what was asked for. */
  readonly suggestions: boolean;
  readonly clock: Clock;
}

export function createErrorFormatter({ log, suggestions, clock }: ErrorFormatterOptions): ErrorFormatter {
  // By what was away, which are a few things: everybody who is refused because of it would else make a line.
  const outages = new Map<string, Burst>();
  const report = (error: Unavailable, about: Readonly<Record<string, unknown>>) => {
    const outage = outages.get(error.message) ?? new Burst(clock);
    outages.set(error.message, outage);
    const first = outage.note();
    if (first) log.warn({ ...about, ...first, err: error }, 'something that was needed could not be reached');
  };

  return (error, about = {}) => {
    const located = error instanceof GraphQLError ? error : undefined;
    const code = located && clientCode(located);
    if (located && code !== undefined) {
      const message = shortened(suggestions ? located.message : withoutSuggestion(located.message));
      return { ...located.toJSON(), message, extensions: publicExtensions(located, code) };
    }

    const cause = rootCause(error);
    const place = {
      ...(located?.locations && { locations: located.locations }),
      ...(located?.path && { path: located.path }),
    };
    if (cause instanceof CallerLeft)
      return { message: cause.message, ...place, extensions: { code: 'CLIENT_CLOSED_REQUEST' } };
    if (cause instanceof Unavailable) {
      report(cause, { ...about, path: located?.path });
      const { message, retryAfterMs } = cause;
      const extensions = {
        code: 'UPSTREAM_UNAVAILABLE',
        ...(retryAfterMs !== undefined && { retryAfterMs }),
        ...(cause instanceof OutcomeUnknown && { reason: 'OUTCOME_UNKNOWN' }),
      };
      return { message, ...place, extensions };
    }
    const id = randomBytes(8).toString('hex');
    log.error({ ...about, id, path: located?.path, err: cause }, 'unforeseen error');
    return { message: 'Internal server error.', ...place, extensions: { code: 'INTERNAL_SERVER_ERROR', id } };
  };
}

/** When too much is open, nobody knows when there is less; a stock client that comes back by then does no harm. */
const retryAfterFullMs = 5_000;

/** What was thrown outside of a field is formatted like what was thrown inside. */
export function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  if (error instanceof InvalidCursorError)
    return badUserInput(`\`${error.where}\` is not a cursor of this stream.`, { argument: error.where });
  if (error instanceof TooManyOpenOperations)
    return error.isOwn
      ? new ClientError('LIMIT_EXCEEDED', error.message)
      : new ClientError('RATE_LIMITED', error.message, { retryAfterMs: retryAfterFullMs });
  if (error instanceof CursorTooOldError)
    return new ClientError('CURSOR_TOO_OLD', error.message, { argument: 'after' });
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}
