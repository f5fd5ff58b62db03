/** All error codes that clients may get, and the errors that carry them. */
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';

/**
 * Whether asking again helps. `transient`: it goes away by itself. `timed`: so it does where the error has `retryAfterMs`.
 * `final`: the same will come of it.
 */
export type Transience = 'transient' | 'timed' | 'final';

interface AboutCode {
  /** Of a request that fails with it as a whole. */
  readonly status: number;
  readonly transience: Transience;
}

const final = (status: number) => ({ status, transience: 'final' }) as const;
const transient = (status: number) => ({ status, transience: 'transient' }) as const;

/** Every value of `extensions.code`. */
export const errorCodes = {
  UNAUTHENTICATED: final(401),
  FORBIDDEN: final(403),
  BAD_USER_INPUT: final(400),
  NOT_FOUND: final(404),
  INVALID_TRANSITION: final(409),
  CONFLICT: final(409),
  AMBULANCE_BUSY: final(409),
  CURSOR_TOO_OLD: final(410),
  RATE_LIMITED: transient(429),
  // What somebody else of the viewer holds comes free, or is held by nobody any more. What one socket holds does not.
  LIMIT_EXCEEDED: { status: 429, transience: 'timed' },
  UPSTREAM_UNAVAILABLE: transient(503),
  STREAM_INTERRUPTED: transient(503),
  BAD_REQUEST: final(400),
  CLIENT_CLOSED_REQUEST: final(499),
  PAYLOAD_TOO_LARGE: final(413),
  UNSUPPORTED_MEDIA_TYPE: final(415),
  PERSISTED_QUERY_NOT_SUPPORTED: final(200),
  PERSISTED_QUERY_NOT_FOUND: final(200),
  PERSISTED_QUERY_NOT_IN_LIST: final(400),
  QUERY_NOT_IN_SAFELIST: final(403),
  COST_EXCEEDED: final(400),
  RESULT_TOO_LARGE: final(400),
  GRAPHQL_PARSE_FAILED: final(400),
  GRAPHQL_VALIDATION_FAILED: final(400),
  INTERNAL_SERVER_ERROR: final(500),
} as const satisfies Record<string, AboutCode>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

/** What says of an error whether it passes. */
interface Coded {
  readonly extensions?: GraphQLErrorExtensions | undefined;
}

/** Milliseconds after which to ask again, where an error says so. */
export function retryAfterMsOf({ extensions }: Coded): number | undefined {
  const after = extensions?.['retryAfterMs'];
  return typeof after === 'number' ? after : undefined;
}

/** Whether what was refused goes away by itself, so that the same request may be let through later. */
export function isTransient(error: Coded): boolean {
  const code = error.extensions?.['code'];
  if (!isErrorCode(code)) return false;
  const { transience } = errorCodes[code];
  return transience === 'transient' || (transience === 'timed' && retryAfterMsOf(error) !== undefined);
}

/** By then a deploy has come further. */
const newerVersionRetryMs = 5_000;

/** An error that is meant for the client: its message and extensions are sent as they are. */
export class ClientError extends GraphQLError {
  constructor(code: ErrorCode, message: string, extensions: GraphQLErrorExtensions = {}) {
    super(message, { extensions: { ...extensions, code } });
    this.name = 'ClientError';
  }
}

export const unauthenticated = (message = 'A valid token is needed.') =>
  new ClientError('UNAUTHENTICATED', message);
export const forbidden = (message: string) => new ClientError('FORBIDDEN', message);
export const badUserInput = (message: string, extensions?: GraphQLErrorExtensions) =>
  new ClientError('BAD_USER_INPUT', message, extensions);
/** What is asked for was written by a newer version, which another process may have and this one will: it passes with a deploy. */
export const newerVersion = (what: string, cause?: unknown) =>
  Object.assign(
    new ClientError(
      'UPSTREAM_UNAVAILABLE',
      `A newer version of this service wrote ${what}, which this process cannot read. Try again soon.`,
      { reason: 'NEWER_VERSION', retryAfterMs: newerVersionRetryMs },
    ),
    { cause },
  );
export const notFound = (what: string, id: string) =>
  new ClientError('NOT_FOUND', `There is no ${what} with id "${id}".`);
