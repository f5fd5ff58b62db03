/** Owns the workload `board`: everybody watches the same many dispatches, each with a subscription. */
import { contestantNames } from '../contestants.ts';
import { runFanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const board: Workload = {
  name: 'board',
  what: '50 sockets with the same 200 subscriptions each, 1,000 events/s',
  contestants: contestantNames,
  run: (run) => runFanOut(run, 'board', { sockets: 50, topics: 200, perSocket: 200, eventsPerSecond: 1_000 }),
};
