/** Which processes there are: each says now and then in Redis that it is there, and is told who else is. */
import { createScript, type RedisConnections } from '../redis-connections.ts';
import { forgottenMs, type SilentPeer } from './peers.ts';

export interface Peer extends SilentPeer {
  readonly id: string;
}

/**
 * KEYS: a sorted set of processes, by when they were last there, by the time of the server. ARGV: this process, after how long one
 * is forgotten. Returns what time it is, whether this one was there before, and all with their times.
 */
const renewal = createScript(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local was = redis.call('ZSCORE', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {now, was and 1 or 0, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
`);

export class Roster {
  readonly #redis: RedisConnections;
  readonly #key: string;
  readonly #member: string;
  #known: readonly Peer[] = [];
  /** Those of them of whom nothing was heard since Redis has lost its data. */
  #missed: readonly Peer[] = [];

  constructor(redis: RedisConnections, self: Pick<Peer, 'id' | 'name'>) {
    this.#redis = redis;
    this.#key = redis.key('peers');
    this.#member = JSON.stringify([self.id, self.name]);
  }

  /** All that were there when Redis was last asked. A process that has ended is not among them. */
  get known(): readonly Peer[] {
    return this.#known;
  }

  /** Says that this process is there. Rejects where Redis is away. */
  async renew(): Promise<void> {
    const answer = await renewal(this.#redis.failFast, [this.#key], [this.#member, forgottenMs]);
    const [now, was, found] = answer as [number, number, string[]];
    const peers = parsePeers(found);
    const isMissed = ({ id, lastSeen }: Peer) =>
      lastSeen > now - forgottenMs && !peers.some((peer) => peer.id === id);
    // Who was forgotten though it was there: Redis has lost its data, and each process has to say anew that it is there.
    this.#missed = (was === 0 ? this.#known : this.#missed).filter(isMissed);
    this.#known = [...peers, ...this.#missed];
  }

  /** Says that it has ended. Rejects where Redis is away. */
  async leave(): Promise<void> {
    await this.#redis.failFast.zrem(this.#key, this.#member);
  }
}

function parsePeers(found: readonly string[]): Peer[] {
  const peers: Peer[] = [];
  for (let at = 0; at < found.length; at += 2) {
    const [id = '', name = ''] = JSON.parse(found[at]!) as string[];
    peers.push({ id, name, lastSeen: Number(found[at + 1]) });
  }
  return peers;
}
