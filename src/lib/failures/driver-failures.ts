/** What the errors of all drivers mean: whether trying again may help, when, and what becomes of a connection. One table. */

/** What an error means for the connection that it came over. */
export type ConnectionFate =
  /** It can be used again. */
  | 'kept'
  /** It is closed when it is given back. */
  | 'closed'
  /** It is closed, and so is every other one to the same server, each when it is free. */
  | 'all closed';

export interface DriverFailure {
  /** Whether the same may succeed later, without anybody having changed this service. What is not transient is ours. */
  readonly isTransient: boolean;
  /** When trying again may help, milliseconds. */
  readonly retryAfterMs?: number;
  readonly connection: ConnectionFate;
  /** Whether a transaction that met it, and was not committed, may be run once more at once: it is likely to succeed then. */
  readonly again?: boolean;
  /** Whether there was no connection yet, so that nothing was sent. */
  readonly wasNeverSent?: boolean;
}

const busy: DriverFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'kept' };
/** Others were in the way, and have gone on. */
const crossed: DriverFailure = { ...busy, again: true };
const full: DriverFailure = { isTransient: true, retryAfterMs: 5_000, connection: 'kept' };
/** The one connection, which nobody had used for a while: others are good, or can be opened. */
const cut: DriverFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'closed', again: true };
const away: DriverFailure = { isTransient: true, retryAfterMs: 1_000, connection: 'all closed' };
/** It broke under what was sent. Where the server is there, the next one works. */
const broken: DriverFailure = { ...away, again: true };
const unreached: DriverFailure = { ...away, wasNeverSent: true };
/** Our mistake, or the operator's: it is the same the next time. */
const ours: DriverFailure = { isTransient: false, connection: 'kept' };

/**
 * PostgreSQL by SQLSTATE, or by its class, the first two letters; the longer one counts. What is not here is ours.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const bySqlState: Readonly<Record<string, DriverFailure>> = {
  /** Connection exceptions, and all that pgbouncer itself says (08P01). */
  '08': away,
  /** Read only: after a failover, this is the old primary. */
  '25006': away,
  /** A transaction that did nothing, or went on, for too long. */
  '25P03': cut,
  '25P04': { ...cut, again: false },
  /** Rolled back because of others. Of 40003 nobody knows whether it was. */
  '40': busy,
  '40001': crossed,
  '40P01': crossed,
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
  '57P01': broken,
  '57P02': broken,
  '57P03': away,
  /** The database was dropped: no time heals that. */
  '57P04': { ...ours, connection: 'closed' },
  /** An idle session. */
  '57P05': cut,
  /** Errors of the system that it runs on, such as of its disk. */
  '58': full,
  '72000': busy,
};

/** SQLite by the beginning of its code. What is not here is ours: SQLITE_CORRUPT, SQLITE_CONSTRAINT, SQLITE_ERROR. */
const bySqliteCode: readonly (readonly [string, DriverFailure])[] = [
  ['SQLITE_BUSY', busy],
  ['SQLITE_LOCKED', busy],
  ['SQLITE_PROTOCOL', busy],
  ['SQLITE_INTERRUPT', busy],
  ['SQLITE_FULL', full],
  ['SQLITE_IOERR', full],
  ['SQLITE_NOMEM', full],
  // The disk is mounted anew, for reading alone, when it has errors; or no more files may be opened.
  ['SQLITE_READONLY', full],
  ['SQLITE_CANTOPEN', full],
];

/** Redis by the first word of its reply. What is not here is ours, or the operator's: ERR, WRONGTYPE, NOPERM, NOAUTH, CROSSSLOT. */
const byRedisReply: Readonly<Record<string, DriverFailure>> = {
  LOADING: busy,
  BUSY: busy,
  TRYAGAIN: busy,
  CLUSTERDOWN: away,
  MASTERDOWN: away,
  READONLY: away,
  NOREPLICAS: busy,
  /** It cannot write its disk, or has no memory left. */
  MISCONF: full,
  OOM: full,
};

/** Node's own codes of sockets and files, and those of undici. */
const byCode: Readonly<Record<string, DriverFailure>> = {
  ECONNREFUSED: unreached,
  ENOTFOUND: unreached,
  EAI_AGAIN: unreached,
  EHOSTUNREACH: unreached,
  ENETUNREACH: unreached,
  UND_ERR_CONNECT_TIMEOUT: unreached,
  ECONNRESET: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
  UND_ERR_HEADERS_TIMEOUT: away,
  UND_ERR_BODY_TIMEOUT: away,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: away,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: away,
  UND_ERR_CLOSED: away,
  UND_ERR_DESTROYED: away,
  ENOSPC: full,
  EMFILE: full,
  ENFILE: full,
};

/** What `pg` itself says of a connection that is gone; such errors have no code. */
const saidOfBroken =
  /^(Connection (terminated|ended)|Client (has encountered a connection error|was closed))/;
/** What `pg` says where there was no answer in time. */
const saidOfSilent = /^(Query read timeout|timeout (expired|exceeded))/;

/** Errors of the network have codes such as ECONNRESET. Those of Node itself, such as of an argument, are ERR_…. */
const ofNetwork = /^E(?!RR_)[A-Z_]+$/;

/** What the clients of Redis and of HTTP are given wrongly by us. */
const ofArguments = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'ERR_INVALID_ARG_TYPE']);

interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly message?: unknown;
}

/** What an error of a driver means. */
export function driverFailureOf(error: unknown): DriverFailure {
  if (typeof error !== 'object' || error === null) return ours;
  const { name, code, severity, message } = error as Thrown;
  const says = typeof message === 'string' ? message : '';
  if (typeof code === 'string') {
    if (typeof severity === 'string') return ofPostgres(code, severity);
    const sqlite = bySqliteCode.find(([begin]) => code.startsWith(begin));
    if (sqlite) return sqlite[1];
    const known = byCode[code];
    if (known) return known;
    if (ofNetwork.test(code)) return away;
  }
  if (name === 'ReplyError') return byRedisReply[says.split(' ', 1)[0]!] ?? ours;
  if (saidOfBroken.test(says)) return broken;
  return saidOfSilent.test(says) ? away : ours;
}

/**
 * The same of ioredis and undici, whose own errors are many, and all of the way to the server (a command that timed out, a
 * certificate, an answer that is no HTTP), but for those of what we gave them.
 */
export function clientFailureOf(error: unknown): DriverFailure {
  const known = driverFailureOf(error);
  if (known.isTransient) return known;
  const { name, code } = error as Thrown;
  const isOurs =
    name === 'ReplyError' ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    ofArguments.has(String(code));
  return isOurs ? ours : away;
}

function ofPostgres(sqlState: string, severity: string): DriverFailure {
  const failure = bySqlState[sqlState] ?? bySqlState[sqlState.slice(0, 2)] ?? ours;
  // After these the server has closed the connection, whatever else they say.
  const isOver = severity === 'FATAL' || severity === 'PANIC';
  return isOver && failure.connection === 'kept' ? { ...failure, connection: 'closed' } : failure;
}

/** Whether PostgreSQL has said, by this answer to a COMMIT, that nothing was committed. Any other failure of it leaves that open. */
export const isRolledBack = (error: unknown): boolean => (error as Thrown).severity === 'ERROR';
