/** The workload `board`: all clients watch the same many dispatches, with one subscription for each dispatch. */
import { subjectNames } from '../subjects.ts';
import { runFanOut, type FanOut } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const boardFanOut: FanOut = { sockets: 50, topics: 200, perSocket: 200, eventsPerSecond: 1_000 };

export const board: Workload = {
  name: 'board',
  what: '50 sockets with the same 200 subscriptions each, 1,000 events/s',
  subjects: subjectNames,
  run: (run) => runFanOut(run, 'board', boardFanOut),
};
