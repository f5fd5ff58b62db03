/** Processes that keep slots in one store, which can be away or lose what it has, and the operations on their connections. */
import { afterEach } from '@jest/globals';
import { parse, type OperationDefinitionNode } from 'graphql';
import { pino } from 'pino';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { PreparedOperation } from '../../src/realtime/prepared-operation.ts';
import type { StreamPosition } from '../../src/realtime/resumption.ts';
import { SlotKeeper } from '../../src/realtime/slots/slot-keeper.ts';
import { SlotsMemory } from '../../src/stores/slots/memory.ts';
import type { SlotMove, Slots, SlotWrite } from '../../src/stores/slots/slots.ts';
import { ManualClock } from './clock.ts';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

const document = parse('subscription ($id: ID!) { dispatchUpdated(id: $id) { cursor } }');
export const operation: PreparedOperation = {
  ...{
    document,
    definition: document.definitions[0] as OperationDefinitionNode,
    query: 'the text',
    hash: 'its hash',
  },
  ...{ nodes: 2, bytes: 100, number: 1, variableNames: ['id'] },
  ...{ afterVariable: undefined, filterVariables: [], scopeBits: [] },
};
export const variables = { id: '1' };
export const lookBackMs = 200_000;
export const at = Date.UTC(2026, 0, 1);
export const positionAt = (offset: number): StreamPosition => ({
  epoch: 'e',
  offset,
  at,
  snapshotVersions: null,
});

/** A store that can be away, or lose what it has; and the processes that use it. */
export function tStore() {
  const clock = new ManualClock();
  const bounds = { windowMs: 120_000, maxPerViewer: 100 };
  let inner = new SlotsMemory({ clock, bounds });
  void inner.declareNew();
  let isAway = false;
  let isDeaf = false;
  let answers: Promise<void> | undefined;
  /** What processes answer that still do. */
  const living: ((generation: string) => boolean)[] = [];
  const batches: (readonly (SlotMove | SlotWrite)[])[] = [];
  const reach = <T>(use: () => Promise<T>): Promise<T> =>
    isAway ? Promise.reject(new Unavailable('The store', new Error('It is away.'))) : use();
  const slots: Slots = {
    renewEveryMs: inner.renewEveryMs,
    declareNew: () => inner.declareNew(),
    take: (request) =>
      reach(async () => {
        const taken = await inner.take(request);
        if (answers) await answers;
        if (isDeaf) throw new Unavailable('The store', new Error('Its answer was lost.'));
        return taken;
      }),
    write: (writes) => {
      batches.push(writes);
      return reach(() => inner.write(writes));
    },
    move: (moves) => {
      batches.push(moves);
      return reach(() => inner.move(moves));
    },
    deleteAll: (viewer) => reach(() => inner.deleteAll(viewer)),
    tellReplaced: () => {},
    onReplaced: () => {},
    close: () => inner.close(),
  };
  undos.push(() => inner.close());
  const tProcess = () => {
    const keeper = new SlotKeeper({
      ...{ slots, lookBackMs, clock },
      isHeldElsewhere: async (generation) => living.some((holds) => holds(generation)),
      metrics: createMetrics(),
      log: pino({ level: 'silent' }),
    });
    undos.push(() => keeper.close());
    const holds = (generation: string) => keeper.holds(generation);
    living.push(holds);
    /** It answers nothing any more, and says nothing. */
    const kill = () => living.splice(living.indexOf(holds), 1);
    /** An operation on a connection. */
    const begin = async (begins: number | null = null, operationId = 'id') => {
      const told: string[] = [];
      const leaving = new AbortController();
      const stream = { position: positionAt(0) };
      const owner = { replaced: () => void told.push('replaced'), doubted: () => void told.push('doubted') };
      const slot = keeper.slotOf({ viewerId: 'ana', operationId, owner, signal: leaving.signal });
      const found = slot.find({
        operation,
        variables,
        begin: begins === null ? null : { ...positionAt(begins), snapshotVersions: null },
      });
      slot.attach(stream);
      /** `versions`: what a snapshot has shown. */
      const acknowledge = (offset: number, versions: ReadonlyMap<string, number> | null = null) => {
        stream.position = { ...positionAt(offset), snapshotVersions: versions };
        slot.ask();
        slot.acknowledge('client');
      };
      return { slot, found, told, leaving, acknowledge };
    };
    return { keeper, begin, kill };
  };
  return {
    clock,
    batches,
    tProcess,
    setAway: (value: boolean) => void (isAway = value),
    /** Whether it takes slots, and its answer is lost. */
    setDeaf: (value: boolean) => void (isDeaf = value),
    /** It takes slots, and answers when this is called. */
    setSlow: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      answers = promise;
      return () => {
        answers = undefined;
        resolve();
      };
    },
    lose: async () => {
      await inner.close();
      inner = new SlotsMemory({ clock, bounds });
    },
  };
}
