/** What those who watch areas are told of: that an ambulance has moved, or its dispatch has changed. */
import type { Coordinates } from '../../../lib/geo.ts';
import type { TopicKind } from '../../../realtime/topics/topic.ts';
import type { LocationState } from '../events.ts';

/** Of a dispatch that has not ended, where its ambulance is. */
export interface Place {
  readonly despachoId: string;
  /** Grows with every position of one dispatch. */
  readonly sequence: number;
  readonly estado: string;
  readonly location: LocationState;
  readonly timestamp: string;
}

/** One object for all areas of the process. */
export interface Fix extends Place {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Null for its first position. */
  readonly from: Coordinates | null;
  /** Whether nobody can say by which way it came. */
  readonly isJump: boolean;
  readonly estadoBefore: string;
}

export type AreaChange = 'ENTERED' | 'MOVED' | 'LEFT';

/** A fix as one area shows it. */
export interface AreaEvent {
  readonly fix: Fix;
  readonly change: AreaChange;
  /** How often something has entered the area until then. */
  readonly visit: number;
}

export const areaKind: TopicKind<AreaEvent> = {
  name: 'area',
  // It never leaves the process in which it was made.
  parse: (data) => data as AreaEvent,
  identify: ({ fix }) => ({ subject: fix.despachoId, version: fix.sequence }),
  // Of what moves within the area the newest position is enough. That it has come or gone is always shown, in its order.
  conflationKey: ({ fix, change, visit }) =>
    change === 'MOVED' ? `${fix.despachoId} ${visit}` : `${fix.despachoId} ${visit} ${change}`,
};
