/** Owns how steps become mutations, and which of them are repeated when an answer stays away. */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Answer, GraphqlClient, GraphqlFailure } from './graphql-client.ts';
import type { DispatchSession } from './schedule.ts';
import type { Tally } from './tally.ts';
import type { DispatchPlan, Step } from './timeline.ts';

/** The replay as a whole can't go on. Its message is meant for the user. */
export class ReplayError extends Error {}

export interface SenderOptions {
  readonly client: GraphqlClient;
  readonly tally: Tally;
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** How long one step is tried again while the server can't be reached. */
  readonly patienceMs: number;
  /** Told what the user should know while it goes on. */
  readonly notify: (message: string) => void;
}

const documents = {
  create:
    'mutation ReplayCreate($input: CreateDispatchInput!) { createDispatch(input: $input) { id version } }',
  assign:
    'mutation ReplayAssign($id: ID!, $ambulanciaId: ID!, $expectedVersion: Int) ' +
    '{ assignDispatch(id: $id, ambulanciaId: $ambulanciaId, expectedVersion: $expectedVersion) { id version } }',
  status:
    'mutation ReplayStatus($id: ID!, $estado: DispatchStatus!, $expectedVersion: Int) ' +
    '{ updateDispatchStatus(id: $id, estado: $estado, expectedVersion: $expectedVersion) { id version } }',
  position:
    'mutation ReplayPosition($despachoId: ID!, $input: LocationInput!) ' +
    '{ reportLocation(despachoId: $despachoId, input: $input) { recordedAt } }',
} as const;

/** Changes nothing, and every server can answer it. */
const probe = 'query ReplayProbe { __typename }';

const changedDispatch = z.object({ id: z.string(), version: z.number().int() });

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;
const RATE_LIMIT_DEFAULT_MS = 1_000;

/** Errors after which nothing else would succeed either. */
const hopeless = new Set(['UNAUTHENTICATED', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

export function createSender(options: SenderOptions): (plan: DispatchPlan) => DispatchSession {
  const outage = createOutage(options);
  return (plan) => new SenderSession(plan, options, outage);
}

/** How a step ended. */
type Outcome =
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: GraphqlFailure }
  | { readonly kind: 'uncertain'; readonly reason: string }
  /** Called off before the server was reached. */
  | { readonly kind: 'stopped' };

/**
 * One dispatch as it is being played. Status changes carry the version they expect, so that they may be repeated when
 * an answer was lost: were they executed already, the second time changes nothing. A creation or a position would
 * happen twice, so they are not repeated once they may have reached the server.
 */
class SenderSession implements DispatchSession {
  readonly #plan: DispatchPlan;
  readonly #options: SenderOptions;
  readonly #outage: Outage;
  #id = '';
  #version = 0;

  constructor(plan: DispatchPlan, options: SenderOptions, outage: Outage) {
    this.#plan = plan;
    this.#options = options;
    this.#outage = outage;
  }

  async send(step: Step): Promise<boolean> {
    const outcome = await this.#deliver(step);
    if (outcome.kind === 'stopped') return false;
    if (outcome.kind === 'uncertain') return this.#leaveUncertain(step, outcome.reason);
    if (outcome.kind === 'error') return this.#fail(step, outcome.error);
    this.#options.tally.applied(step.kind, step.kind === 'status' ? step.estado : undefined);
    if (step.kind === 'position') return true;
    const dispatch = changedDispatch.parse(Object.values(outcome.data)[0]);
    this.#id = dispatch.id;
    this.#version = dispatch.version;
    return true;
  }

  async #deliver(step: Step): Promise<Outcome> {
    const { client, clock, signal, tally, notify } = this.#options;
    const variables = this.#variables(step);
    const repeatable = step.kind === 'assign' || step.kind === 'status';
    const backoff = this.#outage.begin();
    let mayBeDone = false;
    for (;;) {
      const answer = await client.request(documents[step.kind], variables);
      if (answer.kind === 'data') return backoff.over(answer);
      if (answer.kind === 'error' && !isTransient(answer.error)) {
        return backoff.over(mayBeDone ? this.#recognise(answer) : answer);
      }
      const limited = answer.kind === 'error' && answer.error.code === 'RATE_LIMITED';
      if (!limited && answer.kind !== 'unreachable') {
        if (!repeatable) return this.#leave(reasonOf(answer), backoff);
        mayBeDone = true;
      }
      if (signal.aborted)
        return mayBeDone ? { kind: 'uncertain', reason: reasonOf(answer) } : { kind: 'stopped' };
      tally.retried();
      if (limited) {
        const waitMs = retryAfterMs(answer.error);
        notify(
          `The server limits the rate: waiting ${(waitMs / 1000).toFixed(1)} s. A token of role system has no limit.`,
        );
        await pause(clock, waitMs, signal);
      } else {
        await backoff.wait(reasonOf(answer));
      }
    }
  }

  #variables(step: Step): object {
    switch (step.kind) {
      case 'create':
        return { input: this.#plan.input };
      case 'assign':
        return { id: this.#id, ambulanciaId: this.#plan.ambulanciaId, expectedVersion: this.#version };
      case 'status':
        return { id: this.#id, estado: step.estado, expectedVersion: this.#version };
      case 'position':
        return { despachoId: this.#id, input: step.position };
    }
  }

  /** The conflict of a repeated change with its own first time: the version is just the one that it leads to. */
  #recognise(answer: { readonly kind: 'error'; readonly error: GraphqlFailure }): Outcome {
    const { code, extensions } = answer.error;
    const version = this.#version + 1;
    if (code !== 'CONFLICT' || extensions['version'] !== version) return answer;
    return { kind: 'data', data: { dispatch: { id: this.#id, version } } };
  }

  /** The next dispatch would fare no better, so the server is waited for with a question that may be repeated. */
  async #leave(reason: string, backoff: Backoff): Promise<Outcome> {
    const { client, signal, tally } = this.#options;
    let last = reason;
    while (!signal.aborted) {
      await backoff.wait(last);
      const answer = await client.request(probe);
      if (answer.kind === 'data' || answer.kind === 'error') break;
      tally.retried();
      last = answer.reason;
    }
    return backoff.over({ kind: 'uncertain', reason });
  }

  #leaveUncertain(step: Step, reason: string): boolean {
    this.#options.tally.leftUncertain(`${this.#name(step)}: ${reason}`);
    // Without an answer to its creation the dispatch's id is unknown.
    return step.kind === 'position';
  }

  #fail(step: Step, { code, message }: GraphqlFailure): boolean {
    if (hopeless.has(code) || code.startsWith('HTTP_') || (code === 'FORBIDDEN' && step.kind === 'create')) {
      throw new ReplayError(`The server refuses the replay with ${code}: ${message}`);
    }
    this.#options.tally.failed(code, `${this.#name(step)}: ${message}`);
    return step.kind === 'position';
  }

  #name(step: Step): string {
    const what = step.kind === 'status' ? step.estado : step.kind;
    return `${what} of ${this.#plan.rowId}${this.#id && ` (dispatch ${this.#id})`}`;
  }
}

const isTransient = ({ code }: GraphqlFailure) => code === 'RATE_LIMITED' || code === 'UPSTREAM_UNAVAILABLE';

function reasonOf(answer: Exclude<Answer, { kind: 'data' }>): string {
  return answer.kind === 'error' ? answer.error.message : answer.reason;
}

function retryAfterMs({ extensions }: GraphqlFailure): number {
  const told = extensions['retryAfterMs'];
  return typeof told === 'number' && told > 0 ? told : RATE_LIMIT_DEFAULT_MS;
}

interface Backoff {
  /** Waits before the next attempt. @throws ReplayError when the patience is at its end */
  wait(reason: string): Promise<void>;
  /** The server answered. */
  over<T>(answer: T): T;
}

interface Outage {
  begin(): Backoff;
}

/** All sessions meet the same server, so its absence is told once, and its return once. */
function createOutage({ clock, signal, patienceMs, notify }: SenderOptions): Outage {
  let told = false;
  return {
    begin() {
      let since: number | null = null;
      let delayMs = RETRY_FIRST_MS;
      return {
        async wait(reason) {
          since ??= clock.now();
          if (clock.now() - since >= patienceMs) {
            throw new ReplayError(`The server has not answered for ${patienceMs / 1000} s: ${reason}`);
          }
          if (!told) notify(`The server does not answer (${reason}); trying for ${patienceMs / 1000} s.`);
          told = true;
          await pause(clock, delayMs, signal);
          delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
        },
        over(answer) {
          if (told && since !== null) {
            notify('The server answers again.');
            told = false;
          }
          return answer;
        },
      };
    },
  };
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
