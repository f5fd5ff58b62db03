/** What came of taking a slot: where its stream goes on, and how the metric counts it. */
import type { SlotTaken } from '../../stores/slots/slots.ts';
import type { KeptPlace, Place } from '../resumption.ts';
import { parsePosition } from './position-text.ts';

/** The place that a position says. */
export const placeOf = (position: string | null): Place =>
  position === null ? 'unknown' : parsePosition(position);

/** A place of a log that there is not any more: whatever has happened since is shown anew, and the client is told. */
export const lostPlace = (at: number): KeptPlace => ({
  epoch: 'lost',
  offset: 0,
  at,
  snapshotVersions: null,
});

export function outcomeOf(taken: SlotTaken): string {
  if (taken.outcome === 'refused') return taken.why;
  if (taken.outcome === 'held') return 'held';
  if (taken.outcome === 'new') return taken.lostAt === null ? 'new' : 'lost';
  return taken.replaced ? 'taken_over' : 'returned';
}
