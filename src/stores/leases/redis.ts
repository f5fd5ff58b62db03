/** The leases of all processes: each is a key in Redis, which expires by itself. */
import type { LeaseOutcome, Leases } from './leases.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';

export class LeasesRedis implements Leases {
  readonly #redis: RedisConnections;

  constructor({ redis }: { readonly redis: RedisConnections }) {
    this.#redis = redis;
  }

  async acquire(key: string, leaseMs: number): Promise<LeaseOutcome> {
    // One command sets the key unless it exists, and returns what was there. SET takes NX beside GET since Redis 7.
    const before = await this.#reach(() =>
      this.#redis.commands.set(this.#keyOf(key), 'taken', 'PX', leaseMs, 'NX', 'GET'),
    );
    if (before === null) return 'acquired';
    return before === 'done' ? 'done' : 'taken';
  }

  async complete(key: string, rememberMs: number): Promise<void> {
    await this.#reach(() => this.#redis.commands.set(this.#keyOf(key), 'done', 'PX', rememberMs));
  }

  /** Does nothing: leases outlive the process, and whoever made the connections closes them. */
  async close(): Promise<void> {}

  #keyOf(key: string): string {
    return this.#redis.key(`lease:${key}`);
  }

  #reach<T>(use: () => Promise<T>): Promise<T> {
    return reach('The store of leases', use);
  }
}
