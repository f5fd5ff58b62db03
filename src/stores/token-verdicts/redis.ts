/** What all processes know of tokens: one Redis key each, which expires by itself. */
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { RedisConnections } from '../redis-connections.ts';
import { TokenVerdictsMemory } from './memory.ts';
import type { TokenVerdict, TokenVerdicts } from './token-verdicts.ts';

export interface TokenVerdictsRedisOptions {
  readonly redis: RedisConnections;
  readonly clock: Clock;
  readonly log: Logger;
}

const verdicts: readonly TokenVerdict[] = ['accepted', 'revoked', 'expired'];

export class TokenVerdictsRedis implements TokenVerdicts {
  readonly #redis: RedisConnections;
  readonly #log: Logger;
  /** For the time while Redis is away. */
  readonly #own: TokenVerdictsMemory;

  constructor({ redis, clock, log }: TokenVerdictsRedisOptions) {
    this.#redis = redis;
    this.#log = log;
    this.#own = new TokenVerdictsMemory({ clock });
  }

  async find(tokenHash: string): Promise<TokenVerdict | null> {
    try {
      const found = await this.#redis.failFast.get(this.#keyOf(tokenHash));
      return verdicts.find((verdict) => verdict === found) ?? null;
    } catch (error) {
      this.#log.debug({ err: error }, 'what is known of a token could not be read');
      return this.#own.find(tokenHash);
    }
  }

  async note(tokenHash: string, verdict: TokenVerdict, forMs: number): Promise<void> {
    await this.#own.note(tokenHash, verdict, forMs);
    try {
      await this.#redis.failFast.set(this.#keyOf(tokenHash), verdict, 'PX', forMs);
    } catch (error) {
      this.#log.debug({ err: error }, 'what is known of a token could not be written');
    }
  }

  /** The keys outlive the process, and the connections belong to whoever made them. */
  close(): Promise<void> {
    return this.#own.close();
  }

  #keyOf(tokenHash: string): string {
    return this.#redis.key(`token:${tokenHash}`);
  }
}
