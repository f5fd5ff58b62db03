/** How many descriptors the service needs for itself, so that clients get what is left of the limit. */
import type { Config } from './config.ts';

/** For files that are read now and then, name servers, the thread that watches the end, and the operator's port. */
const others = 32;
/** Of SQLite: the file, its log, its index, and files that it makes for a while. */
const ofSqlite = 6;
/** To Redis, more than one to each node of a cluster. */
const toRedis = 8;
/** To routers that are called back. */
const toRouters = 32;
/** Share of what is left that is not for clients but for whoever comes beyond them, and its bounds. */
const spareShare = 1 / 8;
const [minSpare, maxSpare] = [16, 256];

/** Beside those that are open at the start, and those of clients. */
function ownDescriptors({ record, stores, upstreams, callbacks }: Config): number {
  return (
    others +
    (record.kind === 'sqlite' ? ofSqlite : record.maxConnections) +
    (stores.kind === 'redis' ? toRedis * stores.redisNodes.length : 0) +
    (upstreams.despacho?.maxInFlight ?? 0) +
    (upstreams.auth?.maxInFlight ?? 0) +
    (callbacks.allowedAddresses.length > 0 ? toRouters : 0)
  );
}

export interface ConnectionRoom {
  /** Connections that clients may have. At least one. */
  readonly max: number;
  /** For whoever comes when all of these are taken: health and metrics are answered, the rest is told to come back. */
  readonly spare: number;
}

/** How many connections there may be under a limit, when so many descriptors are open. */
export function connectionRoomUnder(limit: number, open: number, config: Config): ConnectionRoom {
  const left = limit - open - ownDescriptors(config);
  const spare = Math.min(maxSpare, Math.max(minSpare, Math.floor(left * spareShare)));
  return { max: Math.max(1, left - spare), spare };
}
