/** The workload `many`: two clients for each dispatch, so that little work can be shared between them. */
import { subjectNames } from '../subjects.ts';
import { runFanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const many: Workload = {
  name: 'many',
  what: '1,000 sockets over 500 topics, 1,000 events/s',
  subjects: subjectNames,
  run: (run) => runFanOut(run, 'many', { sockets: 1_000, topics: 500, perSocket: 1, eventsPerSecond: 1_000 }),
};
