/** Groups dispatches into regions (cities), of which the map shows one: together on one map they would only be dots. */
import type { Dispatch, Point } from '../data/dispatch.ts';
import { wrap } from './camera.ts';

export interface Region {
  readonly centre: Point;
  readonly dispatches: readonly Dispatch[];
}

/** The radius of a region in degrees of latitude: about 111 km. */
const reachDegrees = 1;
/** The map changes to another region by itself only if that has this many times as many dispatches. */
const worthLeavingFor = 3;

/** The region with the most dispatches comes first. */
export function groupRegions(dispatches: readonly Dispatch[]): readonly Region[] {
  const regions: { centre: Point; dispatches: Dispatch[] }[] = [];
  // Oldest first, so that new dispatches do not change the centre of a region.
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
 * The region of the selected dispatch. Without one, the region shown now, unless it is empty or another one has far more
 * dispatches; the latter does not count for a region that the viewer has chosen.
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
  return Math.hypot(a.latitud - b.latitud, wrap(a.longitud - b.longitud) * shortening) < reachDegrees;
}
