/** Owns the workload `idle`: very many are connected, and nothing happens. */
import { contestantNames } from '../contestants.ts';
import { scaleFanOut, settle } from './fan-out.ts';
import type { Workload } from './workload.ts';

export const idle: Workload = {
  name: 'idle',
  what: '10,000 sockets with one subscription each, over 500 topics',
  contestants: contestantNames,
  run(run) {
    const full = { sockets: 10_000, topics: 500, perSocket: 1, eventsPerSecond: 0 };
    const fanOut = scaleFanOut(full, run.scale);
    return run.on({ sockets: fanOut.sockets, dispatches: fanOut.topics }, async (stage) => {
      const { samples, kbPerConnection, residentMb } = await settle(stage, fanOut);
      return { rows: [{ workload: 'idle', figures: { kbPerConnection, residentMb } }], samples };
    });
  },
};
