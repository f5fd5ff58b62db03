/** What a failure of the database means for whoever asked: to try again later, or that it is a mistake. */
import { driverFailureOf } from '../lib/failures/driver-failures.ts';
import { OutcomeUnknown, Unavailable } from '../lib/unavailable.ts';

/**
 * Whether nothing but a change of the configuration lets this service connect. Else the server may be starting, or on its way
 * to another machine.
 */
export function isRefusal(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const says = typeof message === 'string' ? message : '';
  if (typeof code !== 'string') return /SSL/.test(says);
  // 28: user or password; 3D: no such database; 42: no right to use it.
  if (/^(28|3D|42)...$/.test(code)) return true;
  // pgbouncer has one code for everything.
  if (code === '08P01') return /unsupported startup parameter|no such (user|database)/.test(says);
  return /^ERR_TLS|CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH/.test(code);
}

/** The error as callers get it: Unavailable where trying again may help, else itself. */
export function storeError(error: unknown, failure = driverFailureOf(error)): unknown {
  if (!failure.isTransient) return error;
  return new Unavailable('The record', error, { retryAfterMs: failure.retryAfterMs });
}

/** The error of a COMMIT whose answer is missing. */
export const outcomeUnknown = (error: unknown): OutcomeUnknown =>
  new OutcomeUnknown('The record', error, { retryAfterMs: driverFailureOf(error).retryAfterMs });

/**
 * Whether a change that was rejected with this error may be run once more, at once. `isKeyed`: it finds by its key what it has
 * done already.
 */
export function mayRunAgain(error: unknown, isKeyed: boolean): boolean {
  if (error instanceof OutcomeUnknown) return isKeyed;
  return error instanceof Unavailable && driverFailureOf(error.cause).again === true;
}
