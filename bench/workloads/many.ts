/** Owns the workload `many`: almost everybody watches something else, so that little can be shared. */
import { contestantNames } from '../contestants.ts';
import { runFanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const many: Workload = {
  name: 'many',
  what: '1,000 sockets over 500 topics, 1,000 events/s',
  contestants: contestantNames,
  run: (run) => runFanOut(run, 'many', { sockets: 1_000, topics: 500, perSocket: 1, eventsPerSecond: 1_000 }),
};
