/** Proves what each error of a driver means: that it passes, and when, or that it is a mistake of ours. */
import { describe, expect, test } from '@jest/globals';
import { clientFailureOf, driverFailureOf } from '../../src/lib/failures/driver-failures.ts';

const postgres = (code: string, severity = 'ERROR') => ({ code, severity, message: 'said PostgreSQL' });
const sqlite = (code: string) => ({ code, message: 'said SQLite' });
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });
const coded = (code: string) => Object.assign(new Error('said the network'), { code });

/** Rows of a table of tests, with a name that can be read. */
const named = <Error, Expected>(rows: readonly (readonly [Error, Expected])[]) =>
  rows.map(([error, expected]) => {
    const { code, message } = (error ?? {}) as { code?: string; message?: string };
    return [code ?? message ?? String(error), error, expected] as const;
  });

describe('a database', () => {
  test.each(
    named<unknown, 'again' | 'later' | 'ours'>([
      // Once more at once, in a new transaction.
      ...['40001', '40P01', '25P03', '57P05', '57P01'].map((code) => [postgres(code), 'again'] as const),
      ...['Connection terminated unexpectedly', 'Client was closed and is not queryable'].map(
        (message) => [new Error(message), 'again'] as const,
      ),
      ...['ECONNRESET', 'EPIPE'].map((code) => [coded(code), 'again'] as const),
      // Later.
      ...[
        '25006',
        '25P04',
        '40003',
        '53100',
        '53200',
        '53300',
        '55P03',
        '57014',
        '57P03',
        '58030',
        '08006',
        '08P01',
      ].map((code) => [postgres(code), 'later'] as const),
      ...['ECONNREFUSED', 'ETIMEDOUT', 'ENOSPC'].map((code) => [coded(code), 'later'] as const),
      ...['Query read timeout', 'timeout exceeded when trying to connect'].map(
        (message) => [new Error(message), 'later'] as const,
      ),
      ...[
        'SQLITE_FULL',
        'SQLITE_BUSY',
        'SQLITE_IOERR_WRITE',
        'SQLITE_IOERR_FSYNC',
        'SQLITE_READONLY_DBMOVED',
        'SQLITE_CANTOPEN',
        'SQLITE_NOMEM',
      ].map((code) => [sqlite(code), 'later'] as const),
      // Never by itself.
      ...['42P01', '23505', '22001', '57P04', '28P01', 'XX000'].map(
        (code) => [postgres(code), 'ours'] as const,
      ),
      ...['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'].map(
        (code) => [sqlite(code), 'ours'] as const,
      ),
      [new TypeError('x is not a function'), 'ours'],
      [coded('ERR_INVALID_ARG_TYPE'), 'ours'],
      ['thrown', 'ours'],
      [null, 'ours'],
    ]),
  )('says %s', (_name, error, when) => {
    const { isTransient, again = false, retryAfterMs } = driverFailureOf(error);
    expect({ isTransient, again }).toEqual({ isTransient: when !== 'ours', again: when === 'again' });
    if (isTransient) expect(retryAfterMs).toBeGreaterThan(0);
  });

  test('closes the connections that are over, and with a server all of its connections', () => {
    expect(driverFailureOf(postgres('57P05', 'FATAL')).connection).toBe('closed');
    expect(driverFailureOf(postgres('42P01', 'FATAL')).connection).toBe('closed');
    expect(driverFailureOf(postgres('25006')).connection).toBe('all closed');
    expect(driverFailureOf(postgres('40001')).connection).toBe('kept');
  });
});

describe('Redis, or another service', () => {
  test.each(
    named<unknown, boolean>([
      ...[
        'LOADING Redis is loading',
        'READONLY You cannot write',
        'OOM command not allowed',
        'MISCONF Redis is',
      ].map((message) => [reply(message), true] as const),
      ...['CLUSTERDOWN Hash slot', 'MASTERDOWN Link', 'TRYAGAIN Multiple', 'NOREPLICAS Not enough'].map(
        (message) => [reply(message), true] as const,
      ),
      ...['ERR unknown command', 'WRONGTYPE Operation', 'NOPERM this user', 'CROSSSLOT Keys'].map(
        (message) => [reply(message), false] as const,
      ),
      ...[
        'Command timed out',
        'Connection is closed.',
        "Stream isn't writeable and enableOfflineQueue options is false",
      ].map((message) => [new Error(message), true] as const),
      ...[
        'UND_ERR_SOCKET',
        'UND_ERR_CONNECT_TIMEOUT',
        'UND_ERR_HEADERS_TIMEOUT',
        'HPE_INVALID_CONSTANT',
        'CERT_HAS_EXPIRED',
      ].map((code) => [coded(code), true] as const),
      ...['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'].map((code) => [coded(code), false] as const),
      [new TypeError('x is not a function'), false],
    ]),
  )('that says %s passes, or not', (_name, error, isTransient) => {
    expect(clientFailureOf(error).isTransient).toBe(isTransient);
  });

  test('has surely got nothing only where there was no connection', () => {
    const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];
    for (const code of neverSent) expect(clientFailureOf(coded(code)).wasNeverSent).toBe(true);
    for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'])
      expect(clientFailureOf(coded(code)).wasNeverSent).toBeUndefined();
  });
});
