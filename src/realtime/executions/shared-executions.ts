/** Finds the execution of a group: groups that differ by nothing but a filter have one, so that each event is executed once for all. */
import { executionKey, type GroupScope } from '../group-key.ts';
import type { PreparedOperation, Variables } from '../prepared-operation.ts';
import type { Releasable } from '../subscription.ts';
import type { SubscriptionSource } from '../source.ts';
import { SharedExecution, type ExecutionOptions } from './execution.ts';
import { FilteredFrames } from './filtered-frames.ts';

/** To be released with its group. */
export interface GroupExecution extends Releasable {
  readonly execution: SharedExecution;
  /** Null where no other group has it. */
  readonly filtered: FilteredFrames | null;
}

interface ExecutionRequest {
  readonly operation: PreparedOperation;
  /** Without `after`. Those that filter may be anybody's: nothing that is shown depends on them. */
  readonly variables: Variables;
  readonly source: SubscriptionSource;
  readonly scope: GroupScope;
}

const nothing = () => {};

export class SharedExecutions {
  readonly #options: ExecutionOptions;
  readonly #shared = new Map<string, { readonly frames: FilteredFrames; groups: number }>();

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  take(request: ExecutionRequest): GroupExecution {
    const { operation, variables, source, scope } = request;
    const make = () => new SharedExecution(this.#options, operation, variables, scope);
    if (operation.filterVariables.length === 0)
      return { execution: make(), filtered: null, release: nothing };
    const key = executionKey(operation, variables, source.personalTo, scope);
    const shared = this.#shared.get(key) ?? { frames: new FilteredFrames(make(), source), groups: 0 };
    shared.groups += 1;
    this.#shared.set(key, shared);
    const release = () => {
      shared.groups -= 1;
      if (shared.groups === 0) this.#shared.delete(key);
    };
    return { execution: shared.frames.execution, filtered: shared.frames, release };
  }
}
