/** The workload `idle`: very many clients are connected, and no events are published. */
import { subjectNames } from '../subjects.ts';
import { scaleFanOut, subscribeAll } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const idle: Workload = {
  name: 'idle',
  what: '10,000 sockets with one subscription each, over 500 topics',
  subjects: subjectNames,
  run(run) {
    const full = { sockets: 10_000, topics: 500, perSocket: 1, eventsPerSecond: 0 };
    const fanOut = scaleFanOut(full, run.scale);
    return run.on({ sockets: fanOut.sockets, dispatches: fanOut.topics }, async (stage) => {
      const { samples, kbPerConnection, residentMb } = await subscribeAll(stage, fanOut);
      return { rows: [{ workload: 'idle', figures: { kbPerConnection, residentMb } }], samples };
    });
  },
};
