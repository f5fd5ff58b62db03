/** Owns the claims of all processes: one Redis key each, which expires by itself. */
import type { LeaseOutcome, Leases } from './leases.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';

const taken = 'taken';
const settled = 'done';

export class LeasesRedis implements Leases {
  readonly #redis: RedisConnections;

  constructor({ redis }: { readonly redis: RedisConnections }) {
    this.#redis = redis;
  }

  async acquire(key: string, leaseMs: number): Promise<LeaseOutcome> {
    // SET with NX and GET, since Redis 7: what was there decides, in one step.
    const before = await this.#reach(() =>
      this.#redis.commands.set(this.#keyOf(key), taken, 'PX', leaseMs, 'NX', 'GET'),
    );
    if (before === null) return 'acquired';
    return before === settled ? 'done' : 'taken';
  }

  async complete(key: string, rememberMs: number): Promise<void> {
    await this.#reach(() => this.#redis.commands.set(this.#keyOf(key), settled, 'PX', rememberMs));
  }

  /** Nothing to end: claims outlive the process, the connections belong to whoever made them. */
  async close(): Promise<void> {}

  #keyOf(key: string): string {
    return this.#redis.key(`claim:${key}`);
  }

  #reach<T>(use: () => Promise<T>): Promise<T> {
    return reach('The store of leases', use);
  }
}
