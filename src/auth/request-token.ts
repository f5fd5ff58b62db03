/** Finds the token in a request: in a header over HTTP, in one of several places on a WebSocket. */
import type { IncomingMessage } from 'node:http';
import { ClientError, unauthenticated } from '../lib/errors.ts';

declare const isParsed: unique symbol;

/** A text that has the form of a token and fits into a header: only `parseToken` makes one. */
export type Token = string & { readonly [isParsed]: true };

/** Connection parameters that may hold the token. The first one that is there counts. */
const tokenParams = ['authorization', 'Authorization', 'token', 'authToken'];

/** RFC 6750's characters of a bearer token, and the | between the id and the secret of one of MS Auth. */
const tokenForm = /^[\w.~+/|=-]+$/;
export const maxTokenChars = 16_384;

type HeaderValues = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

/**
 * The only way to a `Token`, for whatever place the text was found in.
 *
 * @throws UNAUTHENTICATED with the reason MALFORMED
 */
export function parseToken(text: string): Token {
  if (text.length > maxTokenChars) throw malformed('The token is too long.');
  if (!tokenForm.test(text)) throw malformed('The token has characters that no token has, or none at all.');
  return text as Token;
}

const malformed = (message: string) => new ClientError('UNAUTHENTICATED', message, { reason: 'MALFORMED' });

/**
 * The Authorization header of a request; undefined when it has none.
 *
 * @throws BAD_REQUEST when it has several: a proxy in front may have looked at another one than we would
 */
export function readAuthorization({ headers, rawHeaders }: HeaderValues): string | undefined {
  const { authorization } = headers;
  // Of several Node keeps the first. Names and values stand in turns.
  let count = 0;
  for (let at = 0; authorization !== undefined && at < rawHeaders.length; at += 2)
    if (isAuthorization(rawHeaders[at]!)) count += 1;
  if (count > 1) throw new ClientError('BAD_REQUEST', 'The request has several Authorization headers.');
  return authorization;
}

const authorizationName = 'authorization';
const isAuthorization = (name: string): boolean =>
  name.length === authorizationName.length && name.toLowerCase() === authorizationName;

/**
 * The token of an Authorization header, null when it has none.
 *
 * @throws UNAUTHENTICATED when the header holds something other than a bearer token
 */
export function readRequestToken(authorization: string | undefined): Token | null {
  if (authorization === undefined) return null;
  const token = /^\s*Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
  if (token === undefined && authorization.trim() === '') return null;
  if (token === undefined) throw unauthenticated('The Authorization header must be "Bearer " and a token.');
  return parseToken(token);
}

/**
 * The token of a WebSocket, null when it has none: from the payload of `connection_init`, or from `headers` in it, as clients send
 * it who think of HTTP; from one level further down where Apollo Router puts its own (`{"connectionParams":{"token":…}}`); or from
 * the upgrade request.
 *
 * @throws UNAUTHENTICATED when what is there cannot be a token
 */
export function readConnectionToken(
  connectionParams: unknown,
  authorization: string | undefined,
): Token | null {
  const params = readObject(connectionParams, 'connection_init');
  return (
    readLevel(params) ??
    readLevel(readObject(params['connectionParams'], 'connectionParams')) ??
    readRequestToken(authorization)
  );
}

const readLevel = (params: Readonly<Record<string, unknown>>): Token | null =>
  readParams(params) ?? readParams(readObject(params['headers'], 'headers'));

/** What stands in the first place for a token that has something; undefined where none has. */
export const findTokenParam = (params: Readonly<Record<string, unknown>>): unknown =>
  tokenParams
    .map((name) => (Object.hasOwn(params, name) ? params[name] : undefined))
    .find((value) => value !== undefined && value !== null);

function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw unauthenticated(`The payload of ${name} must be an object.`);
  return value as Record<string, unknown>;
}

function readParams(params: Readonly<Record<string, unknown>>): Token | null {
  for (const name of tokenParams) {
    const value = Object.hasOwn(params, name) ? params[name] : null;
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') throw unauthenticated(`"${name}" must be a string.`);
    const text = value.replace(/^\s*Bearer(\s+|$)/i, '').trim();
    if (text === '') continue;
    if (/\s/.test(text))
      throw unauthenticated(`"${name}" must be a token, with or without "Bearer " before it.`);
    return parseToken(text);
  }
  return null;
}
