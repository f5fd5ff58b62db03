/** Owns the claims of all processes: one Redis key each, which expires by itself. */
import type { Claim, Claims } from './leases.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';

const taken = 'taken';
const settled = 'settled';

export class ClaimsRedis implements Claims {
  readonly #redis: RedisConnections;

  constructor({ redis }: { readonly redis: RedisConnections }) {
    this.#redis = redis;
  }

  async claim(key: string, leaseMs: number): Promise<Claim> {
    // SET with NX and GET, since Redis 7: what was there decides, in one step.
    const before = await this.#reach(() =>
      this.#redis.commands.set(this.#keyOf(key), taken, 'PX', leaseMs, 'NX', 'GET'),
    );
    if (before === null) return 'claimed';
    return before === settled ? 'settled' : 'taken';
  }

  async settle(key: string, rememberMs: number): Promise<void> {
    await this.#reach(() => this.#redis.commands.set(this.#keyOf(key), settled, 'PX', rememberMs));
  }

  /** Nothing to end: claims outlive the process, the connections belong to whoever made them. */
  async close(): Promise<void> {}

  #keyOf(key: string): string {
    return this.#redis.key(`claim:${key}`);
  }

  #reach<T>(use: () => Promise<T>): Promise<T> {
    return reach('The store of claims', use);
  }
}
