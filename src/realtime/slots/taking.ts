/** Takes a slot in the store, and says what came of it: where its stream goes on, and how the metric counts it. */
import type { Slots, SlotTake, SlotTaken } from '../../stores/slots/slots.ts';
import type { KeptPlace, Place } from '../resumption.ts';
import { parsePosition } from './position-text.ts';

export interface Holders {
  /** Whether an operation of this process holds the slot of this generation, or may by now. */
  holds(generation: string): boolean;
  /** Whether another process says so. Of one that does not answer, nobody is served any more. */
  isHeldElsewhere(generation: string): Promise<boolean>;
}

/** A slot whose id others may have as well is taken only from who is gone: has left it, or does not say that they hold it. */
export async function takeShared(
  slots: Pick<Slots, 'take'>,
  request: Omit<SlotTake, 'from'>,
  holders: Holders,
): Promise<SlotTaken> {
  const taken = await slots.take({ ...request, from: 'nobody' });
  if (taken.outcome !== 'held') return taken;
  const { generation } = taken.holder;
  if (holders.holds(generation) || (await holders.isHeldElsewhere(generation))) return taken;
  return slots.take({ ...request, from: { generation } });
}

/** Positions of those who held it in this process, which may not have told the store yet. */
export interface HeldHere {
  readonly replaced: string | null;
  readonly ghost: string | null;
  readonly isShared: boolean;
}

/** What the store says, or whoever held it here. Where the store does not say whose place a shared slot has, theirs may be another's. */
export function newestOf(
  taken: Extract<SlotTaken, { outcome: 'new' | 'taken' }>,
  { replaced, ghost, isShared }: HeldHere,
): string | null {
  if (taken.outcome === 'new') return ghost;
  return isShared && taken.position === null ? null : (replaced ?? taken.position);
}

export interface PlaceOptions {
  /** Where its stream would begin without a word; null for one that begins otherwise. */
  readonly begin: string | null;
  readonly lookBackMs: number;
  /** When its place was lost at the latest, if it was, milliseconds since the Unix epoch. */
  readonly lostBy: number;
  readonly isShared: boolean;
}

/** Where its stream goes on. `position`: what the store says, or a ghost of this process. */
export function placeAfter(
  taken: SlotTaken,
  position: string | null,
  { begin, lookBackMs, lostBy, isShared }: PlaceOptions,
): Place | null {
  const lost = (at: number) => (begin === null ? null : lostPlace(at - lookBackMs));
  // Beside one that lives it may be new, or back from where nobody can say.
  if (taken.outcome === 'held') return lost(lostBy);
  if (taken.outcome === 'new' && taken.lostAt === null && position === null) return null;
  const lostAt = ('lostAt' in taken && taken.lostAt) || lostBy;
  if (position === null) return lost(lostAt) ?? 'unknown';
  const place = parsePosition(position);
  return isShared ? { ...place, mayBeNew: true } : place;
}

/** A place of a log that there is not any more: whatever has happened since is shown anew, and the client is told. */
const lostPlace = (at: number): KeptPlace => ({ epoch: 'lost', offset: 0, at, snapshotVersions: null });

export function outcomeOf(taken: SlotTaken): string {
  if (taken.outcome === 'refused') return taken.why;
  if (taken.outcome === 'held') return 'held';
  if (taken.outcome === 'new') return taken.lostAt === null ? 'new' : 'lost';
  return taken.replaced ? 'taken_over' : 'returned';
}
