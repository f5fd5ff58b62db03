/** The workload `many`: two clients for each dispatch, so that little work can be shared between them. */
import { subjectNames } from '../subjects.ts';
import { runFanOut, type FanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const manyFanOut: FanOut = { sockets: 1_000, topics: 500, perSocket: 1, eventsPerSecond: 1_000 };
/** At which the slowest subject is busy for about half of the time: with less there is little to measure. */
const busyEventsPerSecond = 4_000;

export const many: Workload = {
  name: 'many',
  what: '1,000 sockets over 500 topics, 1,000 events/s',
  subjects: subjectNames,
  run: (run) => runFanOut(run, 'many', manyFanOut),
};

export const manyBusy: Workload = {
  name: 'many-busy',
  what: '1,000 sockets over 500 topics, 4,000 events/s',
  subjects: subjectNames,
  run: (run) => runFanOut(run, 'many-busy', { ...manyFanOut, eventsPerSecond: busyEventsPerSecond }),
};
