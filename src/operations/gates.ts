/**
 * What an operation has to pass before anything is executed, in this order: the ceiling of requests of its caller, the
 * bound of one operation, and what its caller has left for this minute. All of it is counted in this process.
 */
import { OperationTypeNode } from 'graphql';
import { badUserInput, ClientError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { PreparedOperation, Variables } from '../realtime/prepared-operation.ts';
import { Budget } from './cost/budget.ts';
import type { Caller } from './request.ts';
import type { CostModel, OperationCost } from './cost/cost.ts';

/** How much one operation may ask for. */
export interface OperationBounds {
  /** References that one operation may have resolved by `_entities`. */
  readonly maxReferences: number;
  /** What one query or mutation may cost. */
  readonly maxCost: number;
  /** What one event of a subscription may cost. */
  readonly maxEventCost: number;
}

export interface GateLimits extends OperationBounds {
  /** Requests of one viewer, or of one address where nobody is known, in a minute; null when they are not limited. */
  readonly requestsPerMinute: number | null;
  /** What the queries and mutations of one viewer may cost in a minute; null when they are not limited. */
  readonly costPerMinute: number | null;
  /** Subscriptions that one viewer may have: all of them can come back within a minute. */
  readonly maxSubscriptionsPerViewer: number;
  /** Roles that have no budget: services that act for many people. */
  readonly exemptRoles: readonly string[];
}

export interface GatesOptions {
  readonly limits: GateLimits;
  readonly costs: CostModel;
  readonly clock: Clock;
  /** Told of each use that was refused, by the name of its limit, and of what each operation costs. */
  readonly onRefused: (limit: 'requests' | 'cost') => void;
  readonly onCost: (type: string, cost: number) => void;
}

/**
 * A result may have this many values, leaves included, for each unit that it may cost. A thousand of them take a millisecond
 * and a half; with `MAX_COST` as it is, all of them fit into a turn in which nobody else is served.
 */
const valuesPerCost = 5;

/**
 * How often in a minute a viewer may bring back all that they may have, without using up anything: whoever loses the
 * connection every ten seconds. What comes back more often counts as what comes for the first time.
 */
const returnsPerMinute = 6;

export class Gates {
  readonly #options: GatesOptions;
  readonly #requests: Budget | null;
  readonly #costs: Budget | null;
  readonly #streams: Budget | null;
  readonly #returns: Budget;

  constructor(options: GatesOptions) {
    const { limits, clock } = options;
    const { requestsPerMinute, costPerMinute, maxEventCost, maxSubscriptionsPerViewer } = limits;
    this.#options = options;
    this.#returns = new Budget(returnsPerMinute * maxSubscriptionsPerViewer, clock);
    this.#requests = requestsPerMinute === null ? null : new Budget(requestsPerMinute, clock);
    this.#costs = costPerMinute === null ? null : new Budget(costPerMinute, clock);
    this.#streams =
      costPerMinute === null ? null : new Budget(2 * maxEventCost * maxSubscriptionsPerViewer, clock);
  }

  /**
   * Counts a request: to be passed before its text is looked at.
   *
   * @throws RATE_LIMITED
   */
  countRequest(caller: Pick<Caller, 'viewer' | 'address'>): void {
    if (this.#isExempt(caller)) return;
    const retryAfterMs = this.#requests?.use(callerKey(caller), 1);
    if (retryAfterMs !== undefined) this.#refuse('requests', 'Too many requests', retryAfterMs);
  }

  /**
   * Notes, once, whether an operation takes up a stream again: it says where that stood. What it has used so far is given back.
   * To be called before anything more is counted.
   */
  noteReturn(operation: PreparedOperation, variables: Variables, caller: Caller): void {
    const { attempt } = caller;
    if (attempt.isReturn !== null || this.#isExempt(caller)) return;
    const key = callerKey(caller);
    const says = continuesStream(operation, variables, caller.lastEventId ?? null);
    attempt.isReturn = says && this.#returns.use(key, 1) === undefined;
    if (attempt.isReturn) this.#requests?.giveBack(key, 1);
  }

  /**
   * Charges an operation, once, and says how much it may be.
   *
   * @throws COST_EXCEEDED, which is final; RATE_LIMITED where nothing is left for this minute
   */
  charge(operation: PreparedOperation, variables: Variables, caller: Caller): OperationCost {
    const { limits, costs, onCost } = this.#options;
    const type = operation.definition.operation;
    const estimate = costs.of(operation, variables);
    const { attempt } = caller;
    if (!attempt.isCharged) onCost(type, estimate.cost);
    const excess = findExcess(type, estimate, limits);
    if (excess) throw excess;
    if (attempt.isCharged || attempt.isReturn || this.#isExempt(caller)) return estimate;
    const budget = type === 'subscription' ? this.#streams : this.#costs;
    const retryAfterMs = budget?.use(callerKey(caller), Math.max(1, estimate.cost));
    if (retryAfterMs !== undefined)
      this.#refuse('cost', 'Your operations of this minute have cost what they may', retryAfterMs);
    attempt.isCharged = true;
    return estimate;
  }

  #isExempt({ viewer }: Pick<Caller, 'viewer'>): boolean {
    return viewer !== null && this.#options.limits.exemptRoles.includes(viewer.role);
  }

  #refuse(limit: 'requests' | 'cost', what: string, retryAfterMs: number): never {
    this.#options.onRefused(limit);
    const seconds = Math.ceil(retryAfterMs / 1_000);
    throw new ClientError('RATE_LIMITED', `${what}; try again in ${seconds} s.`, { retryAfterMs });
  }
}

/** Whether a subscription goes on from a cursor. What is good of it is seen when it is opened. */
const continuesStream = (
  { definition, afterVariable }: PreparedOperation,
  variables: Variables,
  lastEventId: string | null,
): boolean =>
  definition.operation === OperationTypeNode.SUBSCRIPTION &&
  (lastEventId !== null || (afterVariable !== undefined && typeof variables[afterVariable] === 'string'));

/** The most that an operation of a type may cost. */
export const maxCostOf = (type: string, { maxCost, maxEventCost }: OperationBounds): number =>
  type === 'subscription' ? maxEventCost : maxCost;

/** Says how an operation asks for more than one may; null when it does not. */
export function findExcess(
  type: string,
  { cost, values, references }: OperationCost,
  bounds: OperationBounds,
): ClientError | null {
  const { maxReferences } = bounds;
  if (references > maxReferences)
    return badUserInput(
      `An operation may refer to ${maxReferences} entities, and this one refers to ${references}.`,
      { references, limit: maxReferences },
    );
  const what = type === 'subscription' ? 'One event' : 'It';
  const limit = maxCostOf(type, bounds);
  if (cost > limit)
    return new ClientError('COST_EXCEEDED', `${what} costs ${cost}, and may cost ${limit}.`, { cost, limit });
  const maxValues = limit * valuesPerCost;
  if (values <= maxValues) return null;
  return new ClientError(
    'COST_EXCEEDED',
    `${what} can have ${values} values, and may have ${maxValues}: select fewer fields, or shorter lists.`,
    { cost, limit, values, maxValues },
  );
}

/** By whom a caller is counted: their viewer, or the address where none is known. */
export const callerKey = ({ viewer, address }: Pick<Caller, 'viewer' | 'address'>): string =>
  viewer ? `viewer ${viewer.id}` : `address ${address}`;
