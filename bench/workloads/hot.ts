/** Owns the workload `hot`: everybody watches the same dispatch. */
import { contestantNames } from '../contestants.ts';
import { runFanOut, type FanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const hotFanOut: FanOut = { sockets: 500, topics: 1, perSocket: 1, eventsPerSecond: 40 };

export const hot: Workload = {
  name: 'hot',
  what: '500 sockets on one topic, 40 events/s',
  contestants: contestantNames,
  run: (run) => runFanOut(run, 'hot', hotFanOut),
};
