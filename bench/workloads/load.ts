/** The workload `load`: `hot` at several rates, for the curve of latency over load. */
import { deliver, scaleFanOut, subscribeAll } from './fan-out.ts';
import { hotFanOut } from './hot.ts';
import type { Workload } from './workload.ts';

const eventRates = [5, 10, 20, 40, 80, 120, 160];

export const load: Workload = {
  name: 'load',
  what: `hot at ${eventRates.join(', ')} events/s`,
  subjects: ['ours', 'plain', 'raw'],
  async run(run) {
    const atRate = (eventsPerSecond: number) => scaleFanOut({ ...hotFanOut, eventsPerSecond }, run.scale);
    const { sockets, topics: dispatches } = atRate(1);
    return run.on({ sockets, dispatches }, async (stage) => {
      const { samples } = await subscribeAll(stage, atRate(1));
      const rows = [];
      for (const fanOut of eventRates.map(atRate)) {
        const figures = await deliver(stage, fanOut, run.scale / 4);
        rows.push({ workload: 'load', figures: { eventsPerSecond: fanOut.eventsPerSecond, ...figures } });
        // A server that does not keep up at this rate falls further behind at higher ones.
        if (figures['deliveredShare']! < 0.9) break;
      }
      return { rows, samples };
    });
  },
};
