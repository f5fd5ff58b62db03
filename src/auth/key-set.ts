/** The key set of the token issuer: fetched when it is first needed, kept fresh, and used on while the issuer is away. */
import { createPublicKey } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
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
/** RFC 7518, sections 3.3 and 3.5: jose refuses to verify with a shorter RSA key. */
const minRsaBits = 2_048;
/** Keys that cannot be used whose names are remembered, so that each is complained about once. */
const maxComplaints = 100;

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
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  /** Why the last fetch failed; null when it did not. */
  #failure: KeySetUnavailable | null = null;
  #fetching: Promise<Keys> | null = null;
  readonly #complaints = new Set<string>();

  constructor(url: string, clock: Clock, log: Logger) {
    this.#url = url;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects with KeySetUnavailable when there are no keys to verify tokens with. */
  async prove(): Promise<void> {
    await this.#current();
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
    const ageMs = this.#clock.elapsed() - this.#fetchedAt;
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
    return this.#clock.elapsed() - this.#triedAt < (this.#failure ? retryMs : cooldownMs);
  }

  #fetch(): Promise<Keys> {
    this.#fetching ??= this.#fetchOnce().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  /** Without those that no token can be verified with: one of them is no reason to fail for the others. */
  #usable(set: JSONWebKeySet): JSONWebKeySet {
    // What is no key set is jose's to refuse.
    if (!Array.isArray(set?.keys)) return set;
    const keys = set.keys.filter((key) => {
      const problem = findProblem(key);
      if (problem !== null) this.#complain(key, problem);
      return problem === null;
    });
    return { ...set, keys };
  }

  #complain(key: JWK, problem: string): void {
    const kid = typeof key?.kid === 'string' ? key.kid.slice(0, 128) : null;
    const complaint = `${kid} ${problem}`;
    if (this.#complaints.has(complaint) || this.#complaints.size >= maxComplaints) return;
    this.#complaints.add(complaint);
    this.#log.warn({ kid, problem }, 'a key of the token issuer cannot be used and is left out');
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
      this.#keys = createLocalJWKSet(this.#usable((await response.json()) as JSONWebKeySet));
      if (this.#failure) this.#log.info('the key set of the token issuer is available again');
      this.#failure = null;
      this.#fetchedAt = this.#clock.elapsed();
      return this.#keys;
    } catch (error) {
      if (!this.#failure)
        this.#log.warn({ err: error }, 'the key set of the token issuer could not be fetched');
      this.#failure = new KeySetUnavailable(error);
      throw this.#failure;
    } finally {
      cancel();
      this.#triedAt = this.#clock.elapsed();
    }
  }
}

/** Why a key of a set verifies nothing; null when it does. */
function findProblem(key: JWK): string | null {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey({
      key: key,
      format: 'jwk',
    });
    const bits = details?.modulusLength ?? Infinity;
    if (type === 'rsa' && bits < minRsaBits) return `it has ${bits} bits, and an RSA key needs ${minRsaBits}`;
    return null;
  } catch {
    return 'it is no public key that is known here';
  }
}
