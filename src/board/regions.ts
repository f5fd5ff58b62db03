/** Owns the parts of the world that the map shows one at a time: cities, so far apart that together they were dots. */
import type { Dispatch, Point } from './dispatch.ts';

export interface Region {
  readonly centre: Point;
  readonly dispatches: readonly Dispatch[];
}

/** Half the width of a region, degrees: some hundred kilometres. */
const reachDegrees = 1;
/** The map leaves a region by itself only for one with this many times as many dispatches. */
const worthLeavingFor = 3;

/** Regions, the one with the most dispatches first. */
export function groupRegions(dispatches: readonly Dispatch[]): readonly Region[] {
  const regions: { centre: Point; dispatches: Dispatch[] }[] = [];
  // Oldest first, so that a region stays where it is while dispatches come.
  for (const dispatch of dispatches.toReversed()) {
    const near = regions.find(({ centre }) => isNear(centre, dispatch.origen));
    if (near) near.dispatches.push(dispatch);
    else regions.push({ centre: dispatch.origen, dispatches: [dispatch] });
  }
  return regions.sort((a, b) => b.dispatches.length - a.dispatches.length);
}

interface ShownNow {
  readonly selectedId: string | null;
  /** The centre of the region that is shown. */
  readonly shown: Point | null;
  readonly isPinned: boolean;
}

/**
 * The region of the selected dispatch; else the one shown now, unless it emptied, or, where it was not chosen on purpose,
 * another has far more to show.
 */
export function chooseRegion(
  regions: readonly Region[],
  { selectedId, shown, isPinned }: ShownNow,
): Region | undefined {
  const ofSelected = regions.find(({ dispatches }) => dispatches.some(({ id }) => id === selectedId));
  if (ofSelected) return ofSelected;
  const current = shown && regions.find(({ centre }) => isNear(centre, shown));
  const [largest] = regions;
  if (!current || !largest) return largest;
  if (isPinned) return current;
  return largest.dispatches.length >= current.dispatches.length * worthLeavingFor ? largest : current;
}

function isNear(a: Point, b: Point): boolean {
  const shortening = Math.cos((a.latitud * Math.PI) / 180);
  return Math.hypot(a.latitud - b.latitud, (a.longitud - b.longitud) * shortening) < reachDegrees;
}
