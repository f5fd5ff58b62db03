/** The workload `hot`: all clients watch the same dispatch. */
import { subjectNames } from '../subjects.ts';
import { runFanOut, type FanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const hotFanOut: FanOut = { sockets: 500, topics: 1, perSocket: 1, eventsPerSecond: 40 };

export const hot: Workload = {
  name: 'hot',
  what: '500 sockets on one topic, 40 events/s',
  subjects: subjectNames,
  run: (run) => runFanOut(run, 'hot', hotFanOut),
};
