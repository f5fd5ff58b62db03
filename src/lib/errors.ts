/** All error codes that clients may get, and the errors that carry them. */
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';

/** Every value of `extensions.code`, with the HTTP status for a request that fails with it as a whole. */
export const errorCodes = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  INVALID_TRANSITION: 409,
  CONFLICT: 409,
  CURSOR_TOO_OLD: 410,
  RATE_LIMITED: 429,
  LIMIT_EXCEEDED: 429,
  UPSTREAM_UNAVAILABLE: 503,
  STREAM_INTERRUPTED: 503,
  BAD_REQUEST: 400,
  CLIENT_CLOSED_REQUEST: 499,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  PERSISTED_QUERY_NOT_SUPPORTED: 200,
  COST_EXCEEDED: 400,
  RESULT_TOO_LARGE: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  INTERNAL_SERVER_ERROR: 500,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

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
export const notFound = (what: string, id: string) =>
  new ClientError('NOT_FOUND', `There is no ${what} with id "${id}".`);
