/** The stream of an area: what is in it, and then what comes, moves and goes. */
import type {
  AreaChange as ShownChange,
  Recovery,
  SubscriptionResolvers,
} from '../../../generated/resolvers.ts';
import { contains } from '../../../lib/areas/box.ts';
import { msSince, type Clock } from '../../../lib/clock.ts';
import type { CursorText } from '../../../realtime/cursors/lazy-cursor.ts';
import {
  asyncIterableOf,
  pagesOf,
  type SnapshotItem,
  type SnapshotRequest,
} from '../../../realtime/source.ts';
import type { LocationState } from '../events.ts';
import { areaKey, boxOfEpoch, isShown, parseArea, type Area } from './area.ts';
import type { AreaFeed } from './area-feed.ts';
import { areaKind, type AreaEvent } from './area-fix.ts';
import type { AreaPositions } from './area-positions.ts';

/** What the fields of AreaLocation are taken from. */
export interface AreaLocationValue {
  readonly cursor: CursorText;
  readonly change: ShownChange;
  /** Null where it says that the stream begins anew. */
  readonly despachoId: string | null;
  /** Null as well for one that has left meanwhile. */
  readonly location: LocationState | null;
  readonly timestamp: string;
  readonly recovered: Recovery | null;
}

export interface AreaDeps {
  readonly areaFeed: AreaFeed;
  readonly areaPositions: AreaPositions;
  readonly clock: Clock;
}

/** Whoever was away for longer begins anew, milliseconds. */
const maxAwayMs = 15 * 60_000;
/** What was committed before may be told later, milliseconds. */
const slackMs = 60_000;

export function createAreaStream(deps: AreaDeps): SubscriptionResolvers['locationsInArea'] {
  return {
    subscribe(_root, args) {
      const area = parseArea(args);
      return asyncIterableOf<AreaEvent>({
        topic: {
          key: areaKey(area),
          kind: areaKind,
          live: { follow: (follower) => deps.areaFeed.follow(area, follower) },
          cursorsOf: 'locations-in-area',
        },
        after: args.after ?? null,
        beginsWithSnapshot: true,
        tellsMissed: true,
        // The way of an event to an area is decided in each process by itself.
        filter: null,
        toValue: ({ event: { fix, change }, cursor }): AreaLocationValue => {
          const { despachoId, location, timestamp } = fix;
          return { cursor, change, despachoId, location, timestamp, recovered: null };
        },
        byFilter: {
          fields: ['change', 'cursor'],
          valuesOf: ({ event: { change }, cursor }) => ({ change, cursor }),
          sharedBy: ({ event: { fix } }) => fix,
        },
        async snapshot(request) {
          return pagesOf(await beginningOf(area, request, deps), (items) => Promise.resolve(items));
        },
      });
    },
  };
}

/** What is in the area, behind what has left the one before since its client was here. */
async function beginningOf(
  area: Area,
  { since, from }: SnapshotRequest,
  { areaFeed, areaPositions, clock }: AreaDeps,
): Promise<SnapshotItem[]> {
  const active = (await areaPositions.active()).flatMap((place) => areaFeed.note(place) ?? []);
  const inside = active.filter(({ estado, location }) => isShown(area, estado, location));
  const isKnown = since !== null && msSince(since, clock.now()) <= maxAwayMs;
  const recovered = since === null || isKnown ? null : 'PARTIAL';
  const shown = inside.map(({ despachoId, location, timestamp }) =>
    itemOf({ change: 'SNAPSHOT', despachoId, location, timestamp }, recovered),
  );
  const now = new Date(clock.now()).toISOString();
  if (recovered !== null)
    return [
      itemOf({ change: 'ANEW', despachoId: null, location: null, timestamp: now }, recovered),
      ...shown,
    ];
  if (since === null) return shown;
  const before = boxOfEpoch(from) ?? area.box;
  const gone = new Set(await areaPositions.seenSince(before, since - slackMs));
  const places = new Map(active.map((place) => [place.despachoId, place]));
  for (const { despachoId, location } of active) if (contains(before, location)) gone.add(despachoId);
  for (const { despachoId } of inside) gone.delete(despachoId);
  const left = [...gone].map((despachoId) => {
    const location = places.get(despachoId)?.location ?? null;
    return itemOf({ change: 'LEFT', despachoId, location, timestamp: now }, null);
  });
  return [...left, ...shown];
}

/** Without an identity: what happens next is shown even where this has shown it already, which changes nothing. */
const itemOf = (
  value: Pick<AreaLocationValue, 'change' | 'despachoId' | 'location' | 'timestamp'>,
  recovered: Recovery | null,
): SnapshotItem => ({
  toValue: (cursor): AreaLocationValue => ({ ...value, cursor, recovered }),
  identity: null,
});
