/** Carries out mutations in another service that knows no keys, and never one of them twice. */
import { attemptPatiently } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { ClientError } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { Logger } from '../../observability/log.ts';
import type { MutationKeys } from './mutation-keys.ts';

export interface RemoteMutationsOptions {
  readonly keys: MutationKeys;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a mutation may take, milliseconds. After that its process counts as dead. */
  readonly leaseMs: number;
  /** Whether a call that was rejected with this error surely changed nothing. */
  readonly surelyDidNotHappen: (error: unknown) => boolean;
}

/** Makes the one call that changes something in the other service. */
export type Send = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export interface RemoteMutation<Value, Effect> {
  /** What changes something there goes through `send`. What it publishes here keeps the effect in the same transaction. */
  run(send: Send): Promise<Value>;
  effectOf(value: Value): Effect | Promise<Effect>;
  recall(effect: Effect): Promise<Value>;
  /** Reads where the effect shows, if there is one, and keeps it. */
  look(): Promise<unknown>;
}

/** How one that is sent again waits for the first. */
const patience = { patienceMs: 10_000, firstMs: 20, maxMs: 200 };
/** By then another look may find what has happened. */
const retryAfterMs = 5_000;

export class RemoteMutations {
  readonly #options: RemoteMutationsOptions;

  constructor(options: RemoteMutationsOptions) {
    this.#options = options;
  }

  /**
   * Runs a mutation, once where it has a key. Rejects with UPSTREAM_UNAVAILABLE, `reason: OUTCOME_UNKNOWN`, where it was begun,
   * nobody knows what came of it, and the other service shows no effect.
   */
  async run<Value, Effect>(key: MutationKey | null, mutation: RemoteMutation<Value, Effect>): Promise<Value> {
    if (key === null) return mutation.run((call) => call());
    const { keys, leaseMs, clock } = this.#options;
    const begun = await attemptPatiently(clock, patience, async () => {
      const kept = await keys.begin(key, leaseMs);
      return kept?.state === 'under way' ? undefined : { kept };
    });
    if (!begun) throw stillUnderWay();
    const { kept } = begun;
    if (kept === null) return this.#runFirst(key, mutation);
    return kept.state === 'done' ? mutation.recall(kept.effect as Effect) : this.#lookFor(key, mutation);
  }

  async #runFirst<Value, Effect>(key: MutationKey, mutation: RemoteMutation<Value, Effect>): Promise<Value> {
    const { keys, surelyDidNotHappen } = this.#options;
    let wasSent = false;
    const send: Send = (call) => {
      wasSent = true;
      return call();
    };
    try {
      const value = await mutation.run(send);
      // What was published here is kept already; what has changed nothing has an effect, too.
      await this.#note(key, async () => keys.keep(key.id, await mutation.effectOf(value)));
      return value;
    } catch (error) {
      const isUndone = !wasSent || surelyDidNotHappen(error);
      await this.#note(key, () => (isUndone ? keys.forget(key) : keys.abandon(key)));
      throw error;
    }
  }

  /** What cannot be noted counts as unknown when its lease is over. */
  async #note({ id }: MutationKey, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#options.log.warn({ err: error, mutationKey: id }, 'the outcome of a mutation could not be noted');
    }
  }

  /** Never runs it again: the other service may still be about to carry out what it was sent. */
  async #lookFor<Value, Effect>(key: MutationKey, mutation: RemoteMutation<Value, Effect>): Promise<Value> {
    const { keys, log } = this.#options;
    try {
      await mutation.look();
    } catch (error) {
      log.debug({ err: error, mutationKey: key.id }, 'the effect of a mutation could not be looked for');
    }
    const kept = await keys.recall(key);
    if (kept?.state === 'done') return mutation.recall(kept.effect as Effect);
    throw outcomeUnknown();
  }
}

function stillUnderWay(): ClientError {
  return new ClientError('UPSTREAM_UNAVAILABLE', 'The same mutation is still under way. Try again soon.', {
    retryAfterMs,
  });
}

function outcomeUnknown(): ClientError {
  return new ClientError(
    'UPSTREAM_UNAVAILABLE',
    'Nobody knows whether this mutation has happened: it was sent, and its effect does not show. Sent again with the same ' +
      'key it is only looked for; to make it anew, look first, then send it with another key.',
    { reason: 'OUTCOME_UNKNOWN', retryAfterMs },
  );
}
