/** Owns the id by which one request is known in the log, in the response and in errors. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const requestIdHeader = 'x-request-id';

/** Short and printable, so that a caller's id can stand in a log line and a header as it is. */
const sane = /^[\w.:/+=-]{1,128}$/;

/** The caller's own id when it is fit to be used, else a random one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}
