/**
 * How busy a real evening is, worked out of a call log: the rates of the workload `mixed`, and how they came to be.
 *
 * The log is "Fire Department Calls for Service" of San Francisco, 2016-12-31 to 2017-01-07, as DataSF publishes it. A dispatch is
 * the response of one ambulance to one call. `eveningRates` makes the numbers below of it, and a test holds them to each other.
 */
import type { AmbulanceResponse } from '../../../src/cli/replay/calls/ambulance-response.ts';

export interface EveningRates {
  /** Changes that dispatches go through in an hour: created, assigned, and the four of status up to completed. */
  readonly changesPerHour: number;
  /** Ambulances that are on a dispatch at the same time, on average: each tells its place once a second. */
  readonly ambulances: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const minuteMs = 60_000;
/** 18:00 in San Francisco in winter, in UTC. */
const eveningBeginsMs = 26 * hourMs;
const eveningHours = 6;

/**
 * The busiest evening of the week, 18:00 to midnight, by its changes: New Year's Eve, with 787 changes. The eight
 * evenings of the log have 630 on average, the quietest 484.
 */
export const busiestEvening: EveningRates = { changesPerHour: 131, ambulances: 21 };

/** The rates of the evening with the most changes. Both are rounded to whole numbers. */
export function eveningRates(responses: readonly AmbulanceResponse[]): EveningRates {
  const changes = responses.flatMap(({ times }) => {
    const { received, dispatch, response, onScene, transport, available } = times;
    return [received, dispatch, response, onScene, transport, available].filter((at) => at !== null);
  });
  const byDay = Map.groupBy(
    changes.filter((at) => (at - eveningBeginsMs) % dayMs < eveningHours * hourMs),
    (at) => Math.floor((at - eveningBeginsMs) / dayMs),
  );
  const [day, busiest] = [...byDay].reduce((most, each) => (each[1].length > most[1].length ? each : most));
  const beganMs = day * dayMs + eveningBeginsMs;
  const minutes = Array.from({ length: eveningHours * 60 }, (_, at) => beganMs + at * minuteMs);
  const out = minutes.map((at) => responses.filter(({ times }) => isOut(times, at)).length);
  return {
    changesPerHour: Math.round(busiest.length / eveningHours),
    ambulances: Math.round(out.reduce((sum, count) => sum + count, 0) / out.length),
  };
}

const isOut = ({ dispatch, available }: AmbulanceResponse['times'], at: number) =>
  dispatch !== null && available !== null && dispatch <= at && at < available;
