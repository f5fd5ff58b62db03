/** A hub over any small schema: nobody has rights there, and errors are shown as they are. */
import type { GraphQLSchema } from 'graphql';
import type { Executor } from '../../src/operations/executor.ts';
import { OperationCache } from '../../src/operations/operation-cache.ts';
import { Hub, type HubOptions } from '../../src/realtime/hub.ts';
import type { CursorRules } from '../../src/realtime/cursors/cursor-rules.ts';
import { tCursorKeys } from './cursors.ts';

type Needed = Pick<HubOptions, 'eventLog' | 'clock' | 'turns' | 'metrics' | 'log'>;

export interface PlainHubOptions extends Needed, Partial<Pick<HubOptions, 'limits' | 'lingerMs'>> {
  readonly executor: Executor;
  readonly cursors: Pick<CursorRules, 'maxAgeMs'> & Partial<CursorRules>;
}

export function createPlainHub({ executor, cursors, ...options }: PlainHubOptions): Hub {
  return new Hub({
    execution: {
      execute: (operation, signal) => executor.execute(operation, signal),
      createContexts: () => () => ({}),
      formatErrors: (errors) => errors.map((error) => error.toJSON()),
      metrics: options.metrics,
    },
    cursors: {
      keys: cursors.keys ?? tCursorKeys(),
      unsignedUntil: null,
      earliestOf: (date) => Promise.resolve(date),
      oldestUnrelayed: () => Promise.resolve(null),
      ...cursors,
    },
    limits: { maxOpenOperationBytesPerViewer: 1_000_000, maxOpenOperationBytes: 10_000_000 },
    lingerMs: 1_000,
    openTimeoutMs: 5_000,
    onDelivered: () => undefined,
    ...options,
  });
}

/** What is asked of it. */
export const createPlainOperations = (schema: GraphQLSchema): OperationCache =>
  new OperationCache({
    schema,
    rules: [],
    parseOptions: {},
    suggestions: true,
    maxNodes: 2_000,
    maxBytes: 1_000_000,
  });
