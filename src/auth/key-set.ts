/** The key set of the token issuer: fetched when it is first needed, kept fresh, and used on while the issuer is away. */
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';

/** How old the keys may be before they are fetched again, while the old ones are still used. */
const freshMs = 10 * 60_000;
/** How old the keys may be before they are no longer used. Until then an outage of the issuer locks nobody out. */
const usableMs = 12 * 3_600_000;
/** The time between two fetches, so that tokens with invented key ids cannot make this service flood the issuer. */
const cooldownMs = 10_000;
/** The time between two fetches when the first one failed. */
const retryMs = 1_000;
const fetchTimeoutMs = 5_000;

/** The issuer's keys are not available, so whether the token is good is not known. */
export class KeySetUnavailable extends Error {
  constructor(cause: unknown) {
    super('The key set of the token issuer is not available.', { cause });
    this.name = 'KeySetUnavailable';
  }
}

type Keys = ReturnType<typeof createLocalJWKSet>;

export class RemoteKeySet {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #keys: Keys | null = null;
  #fetchedAt = 0;
  #triedAt = -Infinity;
  /** Why the last fetch failed; null when it did not. */
  #failure: KeySetUnavailable | null = null;
  #fetching: Promise<Keys> | null = null;

  constructor(url: string, clock: Clock, log: Logger) {
    this.#url = url;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * The key that a token names.
   *
   * @throws KeySetUnavailable, or jose's JWKSNoMatchingKey when the issuer has no such key
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return this.#findAmongNew(header, token, error);
    }
  };

  async #findAmongNew(header: JWSHeaderParameters, token: Parameters<Keys>[1], notFound: Error) {
    if (this.#isPaused()) throw this.#failure ?? notFound;
    const keys = await this.#fetch();
    return keys(header, token);
  }

  async #current(): Promise<Keys> {
    const ageMs = this.#clock.now() - this.#fetchedAt;
    if (this.#keys && ageMs < freshMs) return this.#keys;
    if (this.#keys && ageMs < usableMs) {
      // Nobody waits for this fetch. If it fails, `#fetchOnce` logs and remembers why.
      if (!this.#isPaused()) this.#fetch().catch(() => {});
      return this.#keys;
    }
    if (this.#failure && this.#isPaused()) throw this.#failure;
    return this.#fetch();
  }

  /** Whether the last fetch is too recent for another one. A fetch that is under way can be joined at any time. */
  #isPaused(): boolean {
    if (this.#fetching) return false;
    return this.#clock.now() - this.#triedAt < (this.#failure ? retryMs : cooldownMs);
  }

  #fetch(): Promise<Keys> {
    this.#fetching ??= this.#fetchOnce().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetchOnce(): Promise<Keys> {
    const abort = new AbortController();
    const cancel = this.#clock.after(fetchTimeoutMs, () =>
      abort.abort(new Error(`No answer within ${fetchTimeoutMs} ms.`)),
    );
    try {
      const headers = { accept: 'application/jwk-set+json, application/json' };
      const response = await fetch(this.#url, { headers, redirect: 'error', signal: abort.signal });
      if (!response.ok) throw new Error(`The answer was HTTP ${response.status}.`);
      this.#keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
      if (this.#failure) this.#log.info('the key set of the token issuer is available again');
      this.#failure = null;
      this.#fetchedAt = this.#clock.now();
      return this.#keys;
    } catch (error) {
      if (!this.#failure)
        this.#log.warn({ err: error }, 'the key set of the token issuer could not be fetched');
      this.#failure = new KeySetUnavailable(error);
      throw this.#failure;
    } finally {
      cancel();
      this.#triedAt = this.#clock.now();
    }
  }
}
