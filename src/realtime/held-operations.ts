/** Bounds the memory that the operations of open subscriptions take: of those that one viewer brought, and of all. */
import type { Metrics } from '../observability/metrics.ts';
import type { PreparedOperation } from './prepared-operation.ts';
import type { Releasable } from './subscription.ts';

export interface HeldLimits {
  /** Bytes of the operations that one viewer brought and that are open. */
  readonly maxOpenOperationBytesPerViewer: number;
  /** The same of all viewers together. */
  readonly maxOpenOperationBytes: number;
}

/** Who subscribes would make the process hold too much. `isOwn`: whether of this viewer alone; else of all together. */
export class TooManyOpenOperations extends Error {
  readonly isOwn: boolean;

  constructor(isOwn: boolean) {
    super(
      isOwn
        ? 'Your open subscriptions have too many different operations: share some, or end some.'
        : 'Too many different operations are open at the moment; try again later.',
    );
    this.name = 'TooManyOpenOperations';
    this.isOwn = isOwn;
  }
}

/** An operation that some groups have. It counts for whoever brought it, until no group has it. */
interface Held {
  readonly viewerId: string;
  groups: number;
}

/**
 * A group holds its operation for as long as it is open, whatever caches forget. What viewers have in common counts once: for
 * the one who brought it. So a viewer may open thousands of subscriptions with a few operations, and not with thousands.
 */
export class HeldOperations {
  readonly #limits: HeldLimits;
  readonly #metrics: Metrics;
  readonly #held = new Map<PreparedOperation, Held>();
  /** By viewer; of those alone who hold something. */
  readonly #bytes = new Map<string, number>();
  #total = 0;

  constructor(limits: HeldLimits, metrics: Metrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Bytes of all viewers together. */
  get total(): number {
    return this.#total;
  }

  /**
   * A group is made for a viewer. `groupBytes`: what it holds besides its operation, which it may share.
   *
   * Throws `TooManyOpenOperations`. What is returned is to be released once, with the group.
   */
  take(viewerId: string, operation: PreparedOperation, groupBytes: number): Releasable {
    const known = this.#held.get(operation);
    const bytes = groupBytes + (known ? 0 : operation.bytes);
    const { maxOpenOperationBytesPerViewer, maxOpenOperationBytes } = this.#limits;
    const isOwn = (this.#bytes.get(viewerId) ?? 0) + bytes > maxOpenOperationBytesPerViewer;
    if (isOwn || this.#total + bytes > maxOpenOperationBytes) {
      this.#metrics.rateLimited.inc({ limit: 'open-operations' });
      throw new TooManyOpenOperations(isOwn);
    }
    this.#count(viewerId, bytes);
    const held = known ?? { viewerId, groups: 0 };
    held.groups += 1;
    if (!known) this.#held.set(operation, held);
    return new HeldByGroup(this, viewerId, operation, groupBytes);
  }

  /** The end of what `take` has begun. */
  release(viewerId: string, operation: PreparedOperation, groupBytes: number): void {
    this.#count(viewerId, -groupBytes);
    const held = this.#held.get(operation)!;
    held.groups -= 1;
    if (held.groups > 0) return;
    this.#held.delete(operation);
    this.#count(held.viewerId, -operation.bytes);
  }

  #count(viewerId: string, bytes: number): void {
    const ofViewer = (this.#bytes.get(viewerId) ?? 0) + bytes;
    if (ofViewer > 0) this.#bytes.set(viewerId, ofViewer);
    else this.#bytes.delete(viewerId);
    this.#total += bytes;
    this.#metrics.openOperationBytes.inc(bytes);
  }
}

class HeldByGroup implements Releasable {
  readonly #all: HeldOperations;
  readonly #viewerId: string;
  readonly #operation: PreparedOperation;
  readonly #groupBytes: number;

  constructor(all: HeldOperations, viewerId: string, operation: PreparedOperation, groupBytes: number) {
    this.#all = all;
    this.#viewerId = viewerId;
    this.#operation = operation;
    this.#groupBytes = groupBytes;
  }

  release(): void {
    this.#all.release(this.#viewerId, this.#operation, this.#groupBytes);
  }
}
