/** Finds the token in a request: in a header over HTTP, in one of several places on a WebSocket. */
import type { IncomingHttpHeaders } from 'node:http';
import { unauthenticated } from '../lib/errors.ts';

/** Connection parameters that may hold the token. The first one that is there counts. */
const tokenParams = ['authorization', 'Authorization', 'token'];

type Headers = Pick<IncomingHttpHeaders, 'authorization'>;

/**
 * The token of an HTTP request, null when it has none.
 *
 * @throws UNAUTHENTICATED when the Authorization header holds something other than a bearer token
 */
export function readRequestToken({ authorization }: Headers): string | null {
  if (authorization === undefined || authorization.trim() === '') return null;
  const token = /^\s*Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated('The Authorization header must be "Bearer " and a token.');
  return token;
}

/**
 * The token of a WebSocket, null when it has none: from the payload of `connection_init`, from one level further down
 * where Apollo Router puts its own (`{"connectionParams":{"token":…}}`), or from the upgrade request.
 *
 * @throws UNAUTHENTICATED when what is there cannot be a token
 */
export function readConnectionToken(connectionParams: unknown, upgradeHeaders: Headers): string | null {
  const params = readObject(connectionParams, 'connection_init');
  return (
    readParams(params) ??
    readParams(readObject(params['connectionParams'], 'connectionParams')) ??
    readRequestToken(upgradeHeaders)
  );
}

function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw unauthenticated(`The payload of ${name} must be an object.`);
  return value as Record<string, unknown>;
}

function readParams(params: Readonly<Record<string, unknown>>): string | null {
  for (const name of tokenParams) {
    const value = Object.hasOwn(params, name) ? params[name] : null;
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') throw unauthenticated(`"${name}" must be a string.`);
    const text = value.replace(/^\s*Bearer(\s+|$)/i, '').trim();
    if (text === '') continue;
    if (/\s/.test(text))
      throw unauthenticated(`"${name}" must be a token, with or without "Bearer " before it.`);
    return text;
  }
  return null;
}
