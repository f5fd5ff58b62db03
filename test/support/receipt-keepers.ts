/** A keeper of receipts with a record that can be away, and the streams whose acknowledgements it takes. */
import { afterEach } from '@jest/globals';
import { pino } from 'pino';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ReceiptKeeper } from '../../src/realtime/receipts/receipt-keeper.ts';
import type { ReceiptRow } from '../../src/realtime/receipts/receipt.ts';
import { ManualClock } from './clock.ts';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

/** Of all streams. */
export const topic = 'dispatches';

export function tKeeper({ maxWaiting }: { maxWaiting?: number } = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const rows: ReceiptRow[] = [];
  const record = { error: null as Error | null, attempts: 0 };
  const keeper = new ReceiptKeeper({
    ...{ clock, metrics, log: pino({ level: 'silent' }), everyMs: 1_000 },
    ...(maxWaiting !== undefined && { maxWaiting }),
    write(written) {
      record.attempts += 1;
      if (record.error) return Promise.reject(record.error);
      rows.push(...written);
      return Promise.resolve();
    },
  });
  undos.push(() => keeper.close());
  const tStream = (viewerId = 'ana', stream = 'all') => {
    const place = { epoch: 'e', offset: 0 };
    const trail = keeper.trailOf({ evidence: { topic, stream } }, { viewerId, transport: 'websocket' })!;
    trail.enter(place);
    const show = (offset: number) => (place.offset = offset);
    const acknowledge = (offset: number) => {
      show(offset);
      trail.ask();
      trail.acknowledge('client');
    };
    return { trail, place, show, acknowledge };
  };
  /** What was written until now, each as `viewer from..to`. */
  const written = () =>
    rows.flatMap((row) =>
      row.entries.map(([viewer, from, to]) => `${viewer} ${row.topic} ${row.from + from}..${row.from + to}`),
    );
  const count = async (name: 'receipts' | 'receiptsDropped' | 'receiptsWaiting') =>
    (await metrics[name].get()).values[0]!.value;
  return { clock, keeper, record, rows, tStream, written, count };
}
