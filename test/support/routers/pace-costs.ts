/** What the pace of callbacks costs: how long a burst takes to a client of Hive Router, beside the ways that have no pace. */
import { freely, showBurst } from './bursts.ts';
import type { MeasuredTable } from './guide.ts';
import type { Way } from './hive-router.ts';

/** Changes, made as fast as one who sends 25 in each request can. */
const burst = 1_000;

export interface PaceCase {
  readonly way: Way;
  /** `CALLBACK_PACE_MS`; null where there is no pace. */
  readonly paceMs: number | null;
  readonly isJoined: boolean;
}

const callback = (paceMs: number, isJoined = false): PaceCase => ({ way: 'HTTP callback', paceMs, isJoined });

export const paceCases: readonly PaceCase[] = [
  { way: 'event stream', paceMs: null, isJoined: false },
  { way: 'WebSocket', paceMs: null, isJoined: false },
  callback(0),
  callback(5),
  callback(20),
  { way: 'event stream', paceMs: null, isJoined: true },
  callback(5, true),
];

export const paceCaseName = ({ way, paceMs, isJoined }: PaceCase): string =>
  `${way}${isJoined ? ', with a join (`vehicle`)' : ''}${paceMs === null ? '' : `, \`CALLBACK_PACE_MS=${paceMs}\``}`;

export interface PaceCost {
  /** Until the last change was made, milliseconds. */
  readonly madeMs: number;
  /** Until it was shown. */
  readonly shownMs: number;
  /** What the router dropped on the way, which the client noticed and fetched. */
  readonly gaps: number;
}

/** A burst as the client package shows it, whole. */
export async function measurePace({ way, paceMs, isJoined }: PaceCase): Promise<PaceCost> {
  const env = paceMs === null ? {} : { CALLBACK_PACE_MS: String(paceMs) };
  const options = { count: burst, manner: freely, heartbeat: '15s', isJoined, env };
  const { madeMs, shownMs, tally, versions, last } = await showBurst(way, options);
  if (versions.some((version, at) => version !== at + 2) || versions.at(-1) !== last)
    throw new Error(`${way}: of ${burst} changes some were not shown, though the client heals: ${versions}`);
  return { madeMs, shownMs, gaps: tally.gaps };
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** The cells of a row, without its name. */
export const paceCells = ({ madeMs, shownMs, gaps }: PaceCost): readonly string[] => [
  ...[seconds(madeMs), seconds(shownMs), String(Math.round((1_000 * burst) / shownMs))],
  gaps === 0 ? 'nothing' : `${gaps === 1 ? 'one gap' : `${gaps} gaps`}, which the client closed`,
];

export const paceTable: MeasuredTable = {
  marks: ['<!-- what the pace costs: npm run docs:routers -->', '<!-- end of the pace -->'],
  heads: ['way', 'made within', 'the last one is shown after', 'events a second', 'dropped on the way'],
  names: paceCases.map(paceCaseName),
};
