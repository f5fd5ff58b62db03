/** All subscriptions by callback that this process holds: keeps them in the store, says at intervals that it is here, and takes those that others have left. */
import { randomUUID } from 'node:crypto';
import { Burst } from '../../../lib/burst.ts';
import type { Clock } from '../../../lib/clock.ts';
import { repeat } from '../../../lib/repeat.ts';
import { Unavailable } from '../../../lib/unavailable.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import type { CallbackStore, CallbackWrite, TakenCallback } from '../../../stores/callbacks/callbacks.ts';
import { HeldCallback } from './held-callback.ts';
import { HeldCallbacks } from './held-callbacks.ts';
import { formatKept, keptName, type KeptRequest } from './kept-request.ts';
import { leaseOf } from './lease.ts';
import { Renewals } from './renewals.ts';

export interface CallbackKeeperOptions {
  readonly store: CallbackStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether any address may be called back. Where none may, whatever others have left is removed, for which there is time. */
  readonly mayCallBack: boolean;
  /** Whether this process has room for what others have left. */
  readonly canTake: () => boolean;
  /** Goes on with what it has taken. Must not throw. */
  readonly takeOver: (taken: TakenCallback) => void;
}

/** From one round to the next, milliseconds. */
const roundMs = 200;
/** How often a process looks for what others have left, milliseconds; and one that knows of no others. */
const lookEveryMs = 250;
const lookAloneEveryMs = 1_000;
/** The same where nobody may be called back: only what began before that was so is there to be found. */
const lookInVainEveryMs = 30_000;
/** As many are taken at once. */
const maxTaken = 200;
/** Subscriptions that are kept at a time of those that a store was away for. */
const keptAtOnce = 100;
/** Ends that wait for a store that is away. Of more, whoever takes them is told by their routers. */
const maxUnsent = 50_000;

export class CallbackKeeper {
  readonly #options: CallbackKeeperOptions;
  readonly #failures: Burst;
  readonly #held: HeldCallbacks;
  readonly #renewals: Renewals;
  /** Writes that are under way when the process ends are waited for. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #prefix = randomUUID();
  #count = 0;
  #unsent: CallbackWrite[] = [];
  readonly #stops: readonly (() => Promise<void>)[];

  constructor(options: CallbackKeeperOptions) {
    const { store, clock, mayCallBack } = options;
    this.#options = options;
    this.#failures = new Burst(clock);
    this.#held = new HeldCallbacks(options.metrics);
    const onError = (error: unknown) => this.#report(error);
    this.#renewals = new Renewals({
      ...{ store, clock, held: this.#held, onError },
      onReplaced: (held) => this.#lose(held),
    });
    const lookMs = store.isShared ? lookEveryMs : lookAloneEveryMs;
    const everyMs = mayCallBack ? lookMs : lookInVainEveryMs;
    this.#stops = [
      repeat({ clock, everyMs: roundMs, run: () => this.#round(), onError }),
      repeat({ clock, everyMs, firstMs: 0, run: () => this.#take(), onError }),
    ];
  }

  /** A subscription that is about to begin. Null for one that cannot be kept. */
  prepare(request: KeptRequest): HeldCallback | null {
    const data = formatKept(request);
    return data === null ? null : this.#create(request, { generation: this.#nextGeneration(), data });
  }

  /** One that this process has taken. */
  hold(taken: TakenCallback, request: KeptRequest): HeldCallback {
    const held = this.#create(request, taken, { taken });
    held.state = 'held';
    // Its lease began before that: it is asked for before anything is sent.
    this.#held.add(held);
    return held;
  }

  /** Keeps it, unless there is no room for its text, or the store is away: then as soon as that is back. Never rejects. */
  async keep(held: HeldCallback): Promise<void> {
    if (held.state === 'over') return;
    if (!this.#held.hasRoomFor(held)) return held.giveUp();
    this.#held.add(held);
    await this.#keep(held, 'begin');
  }

  /** See `HeldCallback.mayPost`. */
  mayPost(held: HeldCallback): boolean {
    return this.#renewals.mayPost(held);
  }

  /** See `HeldCallback.confirm`. */
  confirm(held: HeldCallback): Promise<boolean> {
    return this.#renewals.confirm(held);
  }

  /** The router of one that is not kept any more has shown that it waits. */
  restore(held: HeldCallback): void {
    void this.#keep(held, 'restore');
  }

  /** See `HeldCallback.release`. */
  async release(held: HeldCallback): Promise<void> {
    if (held.state === 'over') return;
    const wasKept = held.state === 'held';
    const write = held.toWrite('release');
    this.#forget(held);
    // Otherwise its lease ends by itself.
    if (wasKept) await this.#track(this.#options.store.write([write])).catch((error) => this.#report(error));
  }

  /** See `HeldCallback.end`. */
  end(held: HeldCallback): void {
    if (held.state === 'over') return;
    const write = held.toWrite('end');
    this.#forget(held);
    void this.#track(this.#send([write]));
  }

  async close(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    await Promise.allSettled(this.#underWay);
  }

  #create(
    { callback, viewer }: KeptRequest,
    { generation, data }: Pick<TakenCallback, 'generation' | 'data'>,
    taken: { readonly taken?: TakenCallback } = {},
  ): HeldCallback {
    const times = leaseOf(callback, this.#options.store);
    const whose = { name: keptName(callback), viewerId: viewer.id };
    return new HeldCallback(this, { ...whose, generation, data, ...times, ...taken });
  }

  #nextGeneration(): string {
    this.#count += 1;
    return `${this.#prefix}.${this.#count.toString(36)}`;
  }

  async #keep(held: HeldCallback, how: 'begin' | 'restore'): Promise<void> {
    const { store, clock } = this.#options;
    const askedAt = clock.elapsed();
    try {
      const kept = await this.#track(store.keep(held.toEntry(), how));
      if (held.state === 'over') return;
      if (kept === 'replaced') return this.#lose(held);
      if (kept === 'full') return this.#giveUp(held);
      held.state = 'held';
      held.renew(askedAt, clock.elapsed());
    } catch (error) {
      held.requeue();
      this.#report(error);
      if (!(error instanceof Unavailable)) this.#giveUp(held);
    }
  }

  async #round(): Promise<void> {
    await this.#send(this.#unsent.splice(0));
    await this.#keepAway();
    await this.#renewals.run();
  }

  /** Those that began while the store was away: first one of them, to see whether it is back. */
  async #keepAway(): Promise<void> {
    const away = [...this.#held].filter(({ state }) => state === 'away');
    for (let start = 0, count = 1; start < away.length; start += count, count = keptAtOnce) {
      const group = away.slice(start, start + count).filter(({ state }) => state === 'away');
      await Promise.all(group.map((held) => this.#keep(held, 'begin')));
      if (group.some(({ state }) => state === 'away')) return;
    }
  }

  async #take(): Promise<void> {
    const { store, canTake, takeOver, metrics } = this.#options;
    for (let count = maxTaken; count === maxTaken && canTake();) {
      const taken = await store.take({ generation: this.#nextGeneration(), limit: maxTaken });
      count = taken.length;
      const own = new Map([...this.#held].map((held) => [held.name, held]));
      for (const one of taken) {
        const held = own.get(one.name);
        // This process has stood still, and nobody else has taken it.
        if (held?.state === 'held') held.generation = one.generation;
        else {
          metrics.callbacksTakenOver.inc({ from: one.wasReleased ? 'left' : 'silent' });
          takeOver(one);
        }
      }
    }
  }

  async #send(writes: CallbackWrite[]): Promise<void> {
    if (writes.length === 0) return;
    try {
      await this.#options.store.write(writes);
    } catch (error) {
      if (error instanceof Unavailable) this.#unsent = [...writes, ...this.#unsent].slice(0, maxUnsent);
      this.#report(error);
    }
  }

  #forget(held: HeldCallback): void {
    held.state = 'over';
    this.#held.delete(held);
  }

  #lose(held: HeldCallback): void {
    this.#forget(held);
    this.#options.metrics.callbacksReplaced.inc();
    held.holder?.replaced();
  }

  /** It is served by this process, and by nobody after it. */
  #giveUp(held: HeldCallback): void {
    this.#held.delete(held);
    held.giveUp();
  }

  #track<T>(write: Promise<T>): Promise<T> {
    this.#underWay.add(write);
    void write.then(
      () => this.#underWay.delete(write),
      () => this.#underWay.delete(write),
    );
    return write;
  }

  #report(error: unknown): void {
    // An outage is reported by the connection.
    if (error instanceof Unavailable) return;
    const first = this.#failures.note();
    if (first)
      this.#options.log.error({ err: error, ...first }, 'the store of callbacks refuses what is asked of it');
  }
}
