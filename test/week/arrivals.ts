/** How far off the expected arrivals at scenes are: at a constant speed, and with a factor that was learnt from earlier drives. */
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { planDispatches } from '../../src/cli/replay/calls/timeline.ts';
import { constantSpeed } from '../../src/modules/dispatch/arrival/arrival.ts';
import type { Coordinates } from '../../src/lib/geo.ts';

/** A place on a drive to a scene, and how long it took from there. */
interface Seen {
  readonly expectedS: number;
  readonly tookS: number;
}

interface Drive {
  readonly departedMs: number;
  /** On the way, the first where it left. */
  readonly seen: readonly Seen[];
}

/** Positions on each drive, at even times: a log has none, so they lie on the line from where the ambulance was last. */
const positionsPerLeg = 6;

function drivesOf(responses: Iterable<AmbulanceResponse>): Drive[] {
  return [...planDispatches(responses, { positionsPerLeg })].flatMap(({ steps, input: { origen } }) => {
    const departed = steps.find((step) => step.kind === 'status' && step.estado === 'EN_CAMINO');
    const arrived = steps.find((step) => step.kind === 'status' && step.estado === 'EN_SITIO');
    if (!departed || !arrived || arrived.atMs <= departed.atMs) return [];
    const positions = steps.flatMap((step) =>
      step.kind === 'position' && step.atMs < arrived.atMs ? [{ atMs: step.atMs, ...step.position }] : [],
    );
    const [first, second] = positions;
    if (!first || !second) return [];
    const start = {
      latitud: 2 * first.latitud - second.latitud,
      longitud: 2 * first.longitud - second.longitud,
    };
    const seenAt = (from: Coordinates, atMs: number): Seen => ({
      expectedS: constantSpeed.secondsBetween(from, origen) as number,
      tookS: (arrived.atMs - atMs) / 1_000,
    });
    return [
      {
        departedMs: departed.atMs,
        seen: [seenAt(start, departed.atMs), ...positions.map((position) => seenAt(position, position.atMs))],
      },
    ];
  });
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ]!;

/** Seconds. */
export interface ArrivalErrors {
  readonly median: number;
  readonly ninetyPercent: number;
}

function errorsOf(seen: readonly Seen[], factor: number): ArrivalErrors {
  const errors = seen.map(({ expectedS, tookS }) => Math.abs(expectedS * factor - tookS));
  return { median: Math.round(quantile(errors, 0.5)), ninetyPercent: Math.round(quantile(errors, 0.9)) };
}

export interface ArrivalReport {
  readonly learntFrom: number;
  readonly testedOn: number;
  /** The median of how much longer the drives took than at the constant speed. */
  readonly factor: number;
  readonly departure: { readonly constant: ArrivalErrors; readonly learnt: ArrivalErrors };
  readonly onTheWay: { readonly constant: ArrivalErrors; readonly learnt: ArrivalErrors };
}

/** The factor is learnt from the first five sevenths of the time, and tested on the rest. */
export function measureArrivals(responses: Iterable<AmbulanceResponse>): ArrivalReport {
  const drives = drivesOf(responses);
  const times = drives.map(({ departedMs }) => departedMs);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const splitMs = first + ((last - first) * 5) / 7;
  const [earlier, later] = [
    drives.filter(({ departedMs }) => departedMs < splitMs),
    drives.filter(({ departedMs }) => departedMs >= splitMs),
  ];
  const departures = earlier.map(({ seen }) => seen[0]!).filter(({ expectedS }) => expectedS > 0);
  const factor = quantile(
    departures.map(({ expectedS, tookS }) => tookS / expectedS),
    0.5,
  );
  const compare = (seen: readonly Seen[]) => ({
    constant: errorsOf(seen, 1),
    learnt: errorsOf(seen, factor),
  });
  return {
    ...{ learntFrom: earlier.length, testedOn: later.length, factor: Math.round(factor * 100) / 100 },
    departure: compare(later.map(({ seen }) => seen[0]!)),
    onTheWay: compare(later.flatMap(({ seen }) => seen.slice(1))),
  };
}
