/** What the errors of databases mean: whether trying again later may help, and what becomes of the connection. */
import { Unavailable } from '../lib/unavailable.ts';

/** What an error means for the connection that it came over. */
export type ConnectionFate =
  /** It can be used again. */
  | 'kept'
  /** It is closed when it is given back. */
  | 'closed'
  /** It is closed, and so is every other one to the same server, each when it is free. */
  | 'all closed';

export interface StoreFailure {
  /** Whether the same may succeed later, without anybody having changed this service. */
  readonly isTransient: boolean;
  /** When trying again may help, milliseconds. */
  readonly retryAfterMs?: number;
  readonly connection: ConnectionFate;
}

const busy: StoreFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'kept' };
const full: StoreFailure = { isTransient: true, retryAfterMs: 5_000, connection: 'kept' };
const cut: StoreFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'closed' };
const away: StoreFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'all closed' };
/** Our mistake, or the operator's: it is the same the next time. */
const final: StoreFailure = { isTransient: false, connection: 'kept' };

/**
 * By SQLSTATE, or by its class, the first two letters; the longer one counts. What is not here is final.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const bySqlState: Readonly<Record<string, StoreFailure>> = {
  /** Connection exceptions, and all that pgbouncer itself says (08P01). */
  '08': away,
  /** Read only: after a failover, this is the old primary. */
  '25006': away,
  /** A transaction that did nothing, or went on, for too long. */
  '25P03': cut,
  '25P04': cut,
  /** Serialization failures and deadlocks. */
  '40': busy,
  /** No room: disk, memory, connections. */
  '53': full,
  '53300': { ...full, connection: 'closed' },
  /** Somebody else has what is asked for. */
  '55006': busy,
  /** The wait for a lock was too long. */
  '55P03': busy,
  /** The statement took too long, or somebody cancelled it. */
  '57014': busy,
  /** It is being shut down, has crashed, is starting. */
  '57P01': away,
  '57P02': away,
  '57P03': away,
  /** The database was dropped: no time heals that. */
  '57P04': { ...final, connection: 'closed' },
  '57P05': cut,
  /** Errors of the system that it runs on, such as of its disk. */
  '58': full,
  '72000': busy,
};

/** By the beginning of SQLite's code. */
const bySqliteCode: readonly (readonly [string, StoreFailure])[] = [
  ['SQLITE_BUSY', busy],
  ['SQLITE_LOCKED', busy],
  ['SQLITE_FULL', full],
  ['SQLITE_IOERR', full],
];

/** What `pg` itself says of a connection that is gone, or does not answer; such errors have no code. */
const saidOfConnections =
  /^(Connection terminated|Query read timeout|timeout (expired|exceeded)|Client (has encountered a connection error|was closed)|Connection ended)/;

/** Errors of the network have codes such as ECONNRESET. */
const ofNetwork = /^E[A-Z_]+$/;

/** What an error of a database's driver means. */
export function storeFailureOf(error: unknown): StoreFailure {
  const { code, severity, message } = error as { code?: unknown; severity?: unknown; message?: unknown };
  if (typeof severity === 'string' && typeof code === 'string') return ofPostgres(code, severity);
  if (typeof code === 'string') {
    const sqlite = bySqliteCode.find(([begin]) => code.startsWith(begin));
    if (sqlite) return sqlite[1];
    // Errors of Node's own, such as of an argument, are longer: ERR_INVALID_ARG_TYPE.
    if (ofNetwork.test(code) && !code.startsWith('ERR_')) return away;
  }
  return typeof message === 'string' && saidOfConnections.test(message) ? away : final;
}

function ofPostgres(sqlState: string, severity: string): StoreFailure {
  const failure = bySqlState[sqlState] ?? bySqlState[sqlState.slice(0, 2)] ?? final;
  // After these the server has closed the connection, whatever else they say.
  const isOver = severity === 'FATAL' || severity === 'PANIC';
  return isOver && failure.connection === 'kept' ? { ...failure, connection: 'closed' } : failure;
}

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
export function storeError(error: unknown, failure = storeFailureOf(error)): unknown {
  if (!failure.isTransient) return error;
  return new Unavailable('The record', error, { retryAfterMs: failure.retryAfterMs });
}
