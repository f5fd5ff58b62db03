/** The metrics of receipts: what clients have acknowledged, on its way to the record. */
import { Counter, Gauge, type Registry } from 'prom-client';

export const createReceiptMetrics = (registers: Registry[]) => ({
  receipts: new Counter({
    name: 'dispatch_receipts_total',
    help: 'Receipts written to the record: ranges of events, and dispatches of snapshots, that a client has acknowledged.',
    registers,
  }),
  receiptsDropped: new Counter({
    name: 'dispatch_receipts_dropped_total',
    help: 'Receipts that were not written, because too many waited or the record refused them.',
    registers,
  }),
  receiptsWaiting: new Gauge({
    name: 'dispatch_receipts_waiting',
    help: 'Receipts that wait to be written.',
    registers,
  }),
});
