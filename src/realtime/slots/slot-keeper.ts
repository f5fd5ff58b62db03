/** All slots that this process holds: takes them, reports at intervals what clients have received, and lets go of what others took. */
import { randomBytes } from 'node:crypto';
import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { repeat } from '../../lib/repeat.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { SlotHolder, Slots, SlotTaken } from '../../stores/slots/slots.ts';
import type { Place } from '../resumption.ts';
import { HeldSlot, type HeldSlotOptions } from './held-slot.ts';
import { SlotDeletions } from './slot-deletions.ts';
import { createFailureReport } from './slot-failures.ts';
import { SlotReports } from './slot-reports.ts';
import { SlotsAway } from './slots-away.ts';
import { SlotsBeside } from './slots-beside.ts';
import { SlotsHere } from './slots-here.ts';
import { newestOf, outcomeOf, placeAfter, takeShared, type Holders } from './taking.ts';

export interface SlotKeeperOptions {
  readonly slots: Slots;
  /** How long before its slot was lost a client may have received something last, milliseconds. */
  readonly lookBackMs: number;
  readonly isHeldElsewhere: Holders['isHeldElsewhere'];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** From one report to the next, milliseconds: so much may be shown again of what a client had, when its process is killed. */
const reportEveryMs = 1_000;

/** Pauses of one who cannot begin before the store has answered. */
const pauses = { firstMs: 50, maxMs: 1_000 };

export class SlotKeeper {
  readonly #options: SlotKeeperOptions;
  readonly reports: SlotReports;
  readonly #deletions: SlotDeletions;
  readonly #report: (error: unknown) => void;
  /** By generation. */
  readonly #held = new Map<string, HeldSlot>();
  readonly #away = new SlotsAway((held) => this.#takeLate(held));
  readonly #beside: SlotsBeside;
  readonly #here = new SlotsHere();
  readonly #prefix = randomBytes(12).toString('base64url');
  #count = 0;
  readonly #stop: () => Promise<void>;

  constructor(options: SlotKeeperOptions) {
    const { slots, clock, log } = options;
    this.#options = options;
    this.#report = createFailureReport(clock, log);
    this.reports = new SlotReports({
      ...{ slots, clock },
      onReplaced: (held) => this.#lose(held),
      onFailure: this.#report,
    });
    this.#beside = new SlotsBeside({ slots, clock, reports: this.reports, hold: (held) => this.#hold(held) });
    this.#deletions = new SlotDeletions(slots, this.#report);
    slots.onReplaced((generation) => this.#lose(this.#held.get(generation)));
    this.#stop = repeat({
      ...{ clock, everyMs: reportEveryMs, run: () => this.#round() },
      onError: (error) => log.error({ err: error }, 'slots could not be reported'),
    });
  }

  /** Whether an operation of this process holds the slot of this generation, or has asked for it and may not have heard yet. */
  holds(generation: string): boolean {
    return [this.#held, this.#away, this.#beside].some((slots) => slots.has(generation));
  }

  /** A slot that is not asked for yet. To be called for an operation that may have one. */
  slotOf(options: HeldSlotOptions): HeldSlot {
    return new HeldSlot(this, `${this.#prefix}.${(this.#count += 1).toString(36)}`, options);
  }

  /**
   * Takes a slot, and resolves with the place that it says. `begin` is where its stream would begin without a word: such a stream
   * waits for a store that is away, and looks back where that may have lost its slot, since what its client has missed would be
   * missing without a word as well. All others begin anew, and say so.
   */
  async take(held: HeldSlot, begin: string | null): Promise<Place | null> {
    let waits: ReturnType<typeof backoff> | undefined;
    for (;;) {
      held.signal?.throwIfAborted();
      try {
        return held.place(this.#settle(held, await this.#ask(held, begin), begin), begin);
      } catch (error) {
        if (this.#mayBeginWithout(held, begin, error)) return held.place(null, begin);
      }
      waits ??= backoff(pauses);
      await this.#options.clock.sleep(waits.next().value, held.signal ?? undefined);
    }
  }

  /** It could not be taken. Returns whether its stream begins all the same. */
  #mayBeginWithout(held: HeldSlot, begin: string | null, error: unknown): boolean {
    const isAway = error instanceof Unavailable;
    this.#report(error);
    this.#options.metrics.slotsTaken.add(1, isAway ? 'away' : 'failed');
    if (isAway && begin !== null) return false;
    if (isAway) this.#turnAway(held);
    else this.#forget(held);
    return true;
  }

  /** Ends the holding of a slot. Resolves when that is known to all, or cannot be told now. */
  async end(held: HeldSlot, act: 'end' | 'delete' | 'drop'): Promise<void> {
    const { state } = held;
    if (state === 'over') return;
    this.#forget(held);
    if (act === 'drop' || state === 'held' || state === 'doubted')
      await this.reports.tell(held.toWrite(act, act === 'end'));
  }

  /** The client of a slot that is not there any more has shown that it is here. */
  restore(held: HeldSlot): void {
    held.state = 'held';
    this.reports.restore(held);
  }

  /** Deletes all slots of a viewer. Where the store is away it is tried again, with each report, until it has happened. Never rejects. */
  async deleteAllOf(viewerId: string): Promise<void> {
    this.#deletions.add(viewerId);
    await this.#deletions.run();
  }

  /** The store is back after an outage, maybe without what it had. */
  renewAll(): void {
    this.reports.renewAll();
  }

  async close(): Promise<void> {
    await this.#stop();
  }

  async #ask(held: HeldSlot, begin: string | null): Promise<SlotTaken> {
    const { slots, clock, isHeldElsewhere } = this.#options;
    this.#hold(held);
    held.renewedAt = clock.elapsed();
    held.isAsked = true;
    const request = { key: held.key!, generation: held.generation, begin };
    try {
      return await (held.isShared
        ? takeShared(slots, request, { holds: (other) => this.holds(other), isHeldElsewhere })
        : slots.take({ ...request, from: 'anybody' }));
    } catch (error) {
      held.isAsked = false;
      throw error;
    }
  }

  /** The store has answered. Returns the place that it says. */
  #settle(held: HeldSlot, taken: SlotTaken, begin: string | null): Place | null {
    const { clock, lookBackMs, metrics } = this.#options;
    held.isAsked = false;
    metrics.slotsTaken.add(1, outcomeOf(taken));
    let position = 'position' in taken ? taken.position : null;
    if (taken.outcome === 'refused' || taken.outcome === 'held') {
      if (taken.outcome === 'refused' && taken.why === 'replaced') this.#lose(held);
      else this.#forget(held);
      if (taken.outcome === 'held') this.#beside.add(held);
    } else {
      const replaced = taken.outcome === 'taken' && taken.replaced ? this.#replace(taken.replaced) : null;
      const ghost = this.#stopGhostsOf(held);
      position = newestOf(taken, { replaced, ghost, isShared: held.isShared });
    }
    return placeAfter(taken, position, { begin, lookBackMs, lostBy: clock.now(), isShared: held.isShared });
  }

  /**
   * What is on the way to a ghost of this process is stopped before anything is sent to the client that came back. Returns its
   * position where it was in this process, which may not have told the store yet.
   */
  #replace(holder: SlotHolder): string | null {
    const own = this.#held.get(holder.generation);
    if (!own) {
      this.#options.slots.tellReplaced(holder);
      return null;
    }
    this.#lose(own);
    return own.text();
  }

  /** Those of which the store does not know, or that have not heard yet that others had replaced them. Returns the position of one that had it. */
  #stopGhostsOf(held: HeldSlot): string | null {
    const holder = this.#here.holderFor(held);
    const position = holder && holder.text();
    for (const ghost of this.#here.ghostsOf(held)) this.#lose(ghost);
    if (held.state !== 'over') this.#here.settle(held);
    return position;
  }

  #hold(held: HeldSlot): void {
    if (held.state !== 'idle' && held.state !== 'away' && held.state !== 'beside') return;
    if (held.state === 'idle') this.#here.ask(held);
    held.state = 'held';
    this.#away.delete(held);
    this.#beside.delete(held);
    if (!this.#held.has(held.generation)) this.#options.metrics.slots.inc();
    this.#held.set(held.generation, held);
    this.reports.add(held);
  }

  #turnAway(held: HeldSlot): void {
    if (held.state === 'over') return;
    this.#forget(held);
    this.#away.add(held);
    this.#stopGhostsOf(held);
  }

  #forget(held: HeldSlot): void {
    if (this.#held.delete(held.generation)) this.#options.metrics.slots.dec();
    this.#away.delete(held);
    this.#beside.delete(held);
    this.reports.delete(held);
    this.#here.delete(held);
    held.state = 'over';
  }

  #lose(held: HeldSlot | undefined): void {
    if (!held || held.state === 'over') return;
    this.#forget(held);
    this.#options.metrics.slotsReplaced.inc();
    held.owner.replaced();
  }

  async #round(): Promise<void> {
    await this.#deletions.run();
    await this.#away.takeAll();
    await this.#beside.askAgain().catch(this.#report);
    await this.reports.send();
  }

  /** Its stream has begun: what the store says now is for nobody, and it holds its slot from here on. Returns whether the store is there. */
  async #takeLate(held: HeldSlot): Promise<boolean> {
    try {
      held.goOnFrom(this.#settle(held, await this.#ask(held, held.text()), null));
      this.reports.noteMoved(held);
      return true;
    } catch (error) {
      this.#turnAway(held);
      if (!(error instanceof Unavailable)) throw error;
      return false;
    }
  }
}
