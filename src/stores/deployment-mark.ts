/** Marks a Redis as that of one deployment: two of them with one prefix would show each other's events to their clients. */
import { createScript, reach, type RedisConnections } from './redis-connections.ts';

/** How long a mark outlives the last process of its deployment that has renewed it, milliseconds. */
const markMs = 30 * 24 * 60 * 60_000;

/** KEYS: the mark. ARGV: a deployment, how long its mark is kept. Returns whose the mark is. */
const claim = createScript(`
  local owner = redis.call('GET', KEYS[1]) or ARGV[1]
  if owner == ARGV[1] then redis.call('SET', KEYS[1], owner, 'PX', ARGV[2]) end
  return owner`);

export class DeploymentMark {
  /** The full name of the key. */
  readonly key: string;
  readonly #redis: RedisConnections;

  constructor(redis: RedisConnections) {
    this.#redis = redis;
    this.key = redis.key('deployment');
  }

  /** Whether Redis can be asked at the moment. */
  get isReachable(): boolean {
    return this.#redis.commands.status === 'ready';
  }

  /** Sets or renews the mark, unless it is another deployment's. Resolves with whose it is. Rejects with `Unavailable`. */
  async claim(deploymentId: string): Promise<string> {
    const owner = await reach('Redis', () => claim(this.#redis.commands, [this.key], [deploymentId, markMs]));
    return String(owner);
  }
}
