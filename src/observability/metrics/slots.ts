/** The metrics of places that are kept for clients who come back. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { FrequentCounter } from '../frequent-counter.ts';

const outcomes = [
  'new',
  'lost',
  'returned',
  'taken_over',
  'held',
  'contested',
  'full',
  'replaced',
  'away',
  'failed',
] as const;

export function createSlotMetrics(registers: Registry[]) {
  const slotsTaken = new FrequentCounter({
    name: 'dispatch_slots_taken_total',
    help: 'Places looked for by subscriptions, by outcome: new, lost (there may have been one before the store lost its data), returned, taken_over (from a connection that had not ended), held (by one that lives and shares its id), contested or full (refused), replaced (asked for twice, and somebody newer has it), away or failed (the store did not answer).',
    labelName: 'outcome',
    labelValues: outcomes,
    registers,
  });
  return {
    slotsTaken,
    slots: new Gauge({
      name: 'dispatch_slots',
      help: 'Subscriptions whose place is kept for a client that comes back with the same operation id.',
      registers,
    }),
    slotsReplaced: new Counter({
      name: 'dispatch_slots_replaced_total',
      help: 'Subscriptions that were ended here because their client had come back elsewhere.',
      registers,
    }),
    acknowledgements: new Counter({
      name: 'dispatch_acknowledgements_total',
      help: 'Pongs by which WebSocket clients have said that they received what was sent, and looks at shared event streams that found so.',
      registers,
    }),
  };
}
