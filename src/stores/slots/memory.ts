/** The slots of a single process, in its memory. */
import type { Clock } from '../../lib/clock.ts';
import { Losses } from './losses.ts';
import { Others } from './others.ts';
import {
  hearEvery,
  heldFor,
  maxTakeovers,
  renewEvery,
  takeoverWindowMs,
  type SlotBounds,
  type SlotHolder,
  type SlotKey,
  type SlotMove,
  type Slots,
  type SlotTake,
  type SlotTaken,
  type SlotWrite,
  type SlotWritten,
} from './slots.ts';

interface Slot {
  generation: string;
  /** Those that had it last, the newest first: two at the most. */
  before: readonly string[];
  /** Whether the newest of those had not left it. */
  isTakenOver: boolean;
  /** Whether nobody has left it since it was taken. */
  isHeld: boolean;
  position: string | null;
  endsAt: number;
  /** How often it was taken from somebody since a moment; made when it first is. */
  takeovers: { count: number; until: number } | null;
}

export interface SlotsMemoryOptions {
  readonly clock: Clock;
  readonly bounds: SlotBounds;
}

const mayTake = (from: SlotTake['from'], holder: string): boolean =>
  typeof from === 'string' ? from === 'anybody' : from.generation === holder;

/** One process alone holds slots here, so nobody else tells it that one was replaced. */
const thisProcess = 'this';

export class SlotsMemory implements Slots {
  readonly renewEveryMs: number;
  readonly #clock: Clock;
  readonly #bounds: SlotBounds;
  readonly #heldMs: number;
  /** By viewer and operation, what was renewed last at the end. A viewer has at most `maxPerViewer`, and none when all have ended. */
  readonly #slots = new Map<string, Map<string, Slot>>();
  readonly #others: Others;
  #stopSweeping: () => void;
  readonly #losses: Losses;

  constructor({ clock, bounds }: SlotsMemoryOptions) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#heldMs = heldFor(bounds);
    this.#others = new Others(clock, this.#heldMs);
    this.renewEveryMs = renewEvery(bounds);
    this.#losses = new Losses(clock, bounds);
    this.#stopSweeping = this.#sweepLater();
  }

  async declareNew(): Promise<void> {
    this.#losses.declareNew();
  }

  async take({ key, generation, begin, from }: SlotTake): Promise<SlotTaken> {
    const slot = this.#find(key);
    const isShared = from !== 'anybody';
    const asked = isShared ? this.#others.of(key) : undefined;
    // Somebody else may come back, or whoever lives beside its holder takes it by and by: nobody can say whose place it is.
    const isDoubted = asked !== undefined && (asked !== generation || from === 'nobody');
    if (!slot) {
      const begun = this.#begin(key, generation, begin, { isKnown: false, isDoubted });
      if (isShared && begun.outcome === 'new' && begun.lostAt !== null) this.#others.note(key, null);
      return begun;
    }
    if (slot.before.includes(generation)) return { outcome: 'refused', why: 'replaced', position: null };
    const isTakeover = slot.isHeld && slot.generation !== generation;
    if (isTakeover && !mayTake(from, slot.generation)) {
      this.#others.note(key, asked !== undefined && asked !== generation ? null : generation);
      return { outcome: 'held', holder: { generation: slot.generation, process: thisProcess } };
    }
    if (isTakeover && this.#isContested(slot))
      return { outcome: 'refused', why: 'contested', position: isShared ? null : slot.position };
    if (isShared && slot.generation !== generation) {
      // Who had it before may be another one, who comes back.
      this.#others.note(key, null);
      if (isDoubted) slot.position = null;
    }
    if (slot.generation !== generation) {
      slot.before = [slot.generation, ...slot.before.slice(0, 1)];
      slot.isTakenOver = isTakeover;
    }
    const replaced = slot.isTakenOver ? { generation: slot.before[0]!, process: thisProcess } : null;
    slot.generation = generation;
    slot.isHeld = true;
    this.#keep(key, slot, this.#heldMs);
    const lostAt = slot.position === null ? this.#losses.of(key.viewer) : null;
    return { outcome: 'taken', position: slot.position, replaced, lostAt };
  }

  async write(writes: readonly SlotWrite[]): Promise<readonly SlotWritten[]> {
    return writes.map((write) => this.#write(write));
  }

  async move(moves: readonly SlotMove[]): Promise<readonly SlotWritten[]> {
    return moves.map(({ key, generation, position }) => {
      const slot = this.#find(key);
      if (slot?.generation !== generation) return slot ? 'replaced' : 'missing';
      slot.position = position;
      return 'written';
    });
  }

  async deleteAll(viewer: SlotKey['viewer']): Promise<void> {
    this.#slots.delete(viewer);
  }

  tellReplaced(_holder: SlotHolder): void {}

  onReplaced(): void {}

  async close(): Promise<void> {
    this.#stopSweeping();
    this.#slots.clear();
  }

  /**
   * `isKnown`: the position is where its client is, and not where a stream begins of which nothing is known. `isDoubted`: its client may
   * have been here before.
   */
  #begin(
    key: SlotKey,
    generation: string,
    position: string | null,
    { isKnown, isDoubted }: { readonly isKnown: boolean; readonly isDoubted: boolean },
  ): SlotTaken {
    const lostAt = this.#losses.of(key.viewer) ?? (isDoubted ? this.#clock.now() : null);
    const own = this.#slots.get(key.viewer);
    if (own && own.size >= this.#bounds.maxPerViewer && !this.#makeRoom(key.viewer, own))
      return { outcome: 'refused', why: 'full', position: null };
    const kept = isKnown || lostAt === null ? position : null;
    this.#keep(
      key,
      {
        generation,
        before: [],
        isTakenOver: false,
        isHeld: true,
        position: kept,
        endsAt: 0,
        takeovers: null,
      },
      this.#heldMs,
    );
    return { outcome: 'new', lostAt };
  }

  #write({ key, generation, act, position, from }: SlotWrite): SlotWritten {
    const slot = this.#find(key);
    if (act === 'drop') return this.#delete(key);
    if (!slot) {
      if (act !== 'restore') return 'missing';
      if (from === 'nobody') this.#others.note(key, null);
      const { outcome } = this.#begin(key, generation, position, { isKnown: true, isDoubted: false });
      return outcome === 'new' ? 'written' : 'missing';
    }
    if (slot.generation !== generation) return 'replaced';
    if (act === 'delete') return this.#delete(key);
    slot.position = position ?? slot.position;
    if (act === 'end') slot.isHeld = false;
    this.#keep(key, slot, act === 'end' ? this.#bounds.windowMs : this.#heldMs);
    return 'written';
  }

  #find({ viewer, operation }: SlotKey): Slot | undefined {
    const slot = this.#slots.get(viewer)?.get(operation);
    return slot && slot.endsAt > this.#clock.elapsed() ? slot : undefined;
  }

  #keep({ viewer, operation }: SlotKey, slot: Slot, ms: number): void {
    slot.endsAt = this.#clock.elapsed() + ms;
    let own = this.#slots.get(viewer);
    if (!own) this.#slots.set(viewer, (own = new Map()));
    own.delete(operation);
    own.set(operation, slot);
  }

  #delete({ viewer, operation }: SlotKey): SlotWritten {
    const own = this.#slots.get(viewer);
    own?.delete(operation);
    if (own?.size === 0) this.#slots.delete(viewer);
    return 'written';
  }

  #isContested(slot: Slot): boolean {
    const now = this.#clock.elapsed();
    const isOver = slot.takeovers === null || slot.takeovers.until <= now;
    const takeovers = isOver ? { count: 0, until: now + takeoverWindowMs } : slot.takeovers!;
    slot.takeovers = takeovers;
    takeovers.count += 1;
    if (takeovers.count <= maxTakeovers) return false;
    takeovers.until = now + takeoverWindowMs;
    return true;
  }

  #makeRoom(viewer: string, own: Map<string, Slot>): boolean {
    const now = this.#clock.elapsed();
    for (const [operation, { isHeld, endsAt }] of own) {
      if (isHeld && endsAt > now) continue;
      own.delete(operation);
      if (endsAt > now) this.#losses.noteMadeRoom(viewer, endsAt);
      return true;
    }
    return false;
  }

  #sweepLater(): () => void {
    return this.#clock.after(hearEvery(this.#bounds), () => {
      this.#losses.hear();
      const now = this.#clock.elapsed();
      for (const [viewer, own] of this.#slots)
        for (const [operation, { endsAt }] of own) if (endsAt <= now) this.#delete({ viewer, operation });
      this.#losses.sweep();
      this.#others.sweep();
      this.#stopSweeping = this.#sweepLater();
    });
  }
}
