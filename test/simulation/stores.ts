/** The stores of a simulated process: those that all processes share, in a simulated Redis, or those of one process alone. */
import { pino } from 'pino';
import type { Clock } from '../../src/lib/clock.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { EventLog } from '../../src/stores/event-log/event-log.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import { EventLogRedis } from '../../src/stores/event-log/redis.ts';
import { PeersMemory } from '../../src/stores/peers/memory.ts';
import type { Peers } from '../../src/stores/peers/peers.ts';
import { PeersRedis } from '../../src/stores/peers/redis.ts';
import { createSlotDeclaration } from '../../src/stores/slots/calls.ts';
import { SlotsMemory } from '../../src/stores/slots/memory.ts';
import { SlotsRedis } from '../../src/stores/slots/redis.ts';
import type { Slots } from '../../src/stores/slots/slots.ts';
import { windowMs } from './referee.ts';
import type { Host } from './scheduler.ts';
import type { SimulatedRedis } from './simulated-redis.ts';

/** Few, so that logs are trimmed before readers who are away come back. */
export const maxEvents = 8;
export const maxAgeMs = 24 * 60 * 60_000;

const bounds = { maxEvents, maxAgeMs };
const slotBounds = { windowMs, maxPerViewer: 10 };

// What all processes may share without knowing of each other: none of it changes what happens.
export const metrics = createMetrics();
export const log = pino({ level: 'silent' });

export interface ProcessStores {
  readonly eventLog: EventLog;
  /** Made when it is called, which is once at the most. */
  readonly slots: () => Slots;
  /** That nothing was ever kept: a deployment says so before it serves anybody. */
  readonly declareNew: (slots: Slots) => void;
  /** Likewise. */
  readonly peers: () => Peers;
  readonly onReconnect: (listener: () => void) => void;
  /** The process has died. */
  readonly disconnect: () => void;
}

export type ConnectStores = (process: Host, clock: Clock) => ProcessStores;

export const sharedStores =
  (simulated: SimulatedRedis): ConnectStores =>
  (process, clock) => {
    const redis = simulated.connect(process);
    return {
      eventLog: new EventLogRedis({ redis, bounds, clock, metrics, log }),
      slots: () => new SlotsRedis({ redis, bounds: slotBounds, clock, log }),
      declareNew: () => void createSlotDeclaration(redis)(simulated.atOnce),
      peers: () => new PeersRedis({ redis, clock, name: process.name, log }),
      onReconnect: (listener) => void redis.onReconnect(listener),
      disconnect: () => simulated.disconnect(process),
    };
  };

export const ownStores: ConnectStores = (_process, clock) => ({
  eventLog: new EventLogMemory({ bounds, clock }),
  slots: () => new SlotsMemory({ bounds: slotBounds, clock }),
  declareNew: (slots) => void slots.declareNew(),
  peers: () => new PeersMemory({ log }),
  onReconnect: () => {},
  disconnect: () => {},
});
