/** Sends steps as mutations, and repeats them when there is no answer. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isEnded } from '../../../lib/words/statuses.ts';
import type { Answer, GraphqlClient, GraphqlFailure } from './graphql-client.ts';
import { Outage, ReplayError, type WaitOptions } from './outage.ts';
import type { DispatchSession } from '../schedule.ts';
import type { Tally } from '../tally.ts';
import type { DispatchPlan, Step } from '../calls/timeline.ts';

export interface SenderOptions extends WaitOptions {
  readonly client: GraphqlClient;
  readonly tally: Tally;
}

const documents = {
  create: `mutation ReplayCreate($input: CreateDispatchInput!, $idempotencyKey: String) {
    createDispatch(input: $input, idempotencyKey: $idempotencyKey) { id version }
  }`,
  assign: `mutation ReplayAssign($id: ID!, $ambulanciaId: ID!, $expectedVersion: Int, $idempotencyKey: String) {
    assignDispatch(
      id: $id, ambulanciaId: $ambulanciaId, expectedVersion: $expectedVersion, idempotencyKey: $idempotencyKey
    ) { id version }
  }`,
  status: `mutation ReplayStatus($id: ID!, $estado: DispatchStatus!, $expectedVersion: Int, $idempotencyKey: String) {
    updateDispatchStatus(
      id: $id, estado: $estado, expectedVersion: $expectedVersion, idempotencyKey: $idempotencyKey
    ) { id version }
  }`,
  position: `mutation ReplayPosition($despachoId: ID!, $input: LocationInput!, $idempotencyKey: String) {
    reportLocation(despachoId: $despachoId, input: $input, idempotencyKey: $idempotencyKey) { recordedAt }
  }`,
} as const;

/** Asks how a dispatch stands whose version is not the expected one. */
const look = 'query ReplayLook($id: ID!) { dispatch(id: $id) { estado version } }';
const seenDispatch = z.object({ dispatch: z.object({ estado: z.string(), version: z.number().int() }) });

const changedDispatch = z.object({ id: z.string(), version: z.number().int() });

const RATE_LIMIT_DEFAULT_MS = 1_000;

/** After these errors, the same request may succeed later. */
const transient = new Set(['RATE_LIMITED', 'UPSTREAM_UNAVAILABLE']);

/** After these errors, no other request would succeed either. */
const hopeless = new Set(['UNAUTHENTICATED', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

export class Sender {
  readonly #options: SenderOptions;
  readonly #outage: Outage;
  /** Those whose dispatches have not ended. */
  readonly #open = new Set<SenderSession>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#outage = new Outage(options);
  }

  begin(plan: DispatchPlan): DispatchSession {
    return new SenderSession(plan, this.#options, this.#outage, this.#open);
  }

  get openDispatches(): number {
    return this.#open.size;
  }

  /** Cancels what has not ended, or counts it as left behind where that is to be kept, or the server does not answer. */
  async cleanUp({
    keep,
    concurrency,
  }: {
    readonly keep: boolean;
    readonly concurrency: number;
  }): Promise<void> {
    const { tally } = this.#options;
    const open = [...this.#open];
    let isAnswering = !keep;
    const cancelNext = async (): Promise<void> => {
      for (let session = open.pop(); session; session = open.pop()) {
        const outcome = isAnswering ? await session.cancel() : 'unanswered';
        if (outcome === 'unanswered') isAnswering = false;
        if (outcome !== 'refused') tally.interrupted({ isCancelled: outcome === 'cancelled' });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, cancelNext));
  }
}

/** How a step ended. */
type Outcome =
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: GraphqlFailure }
  | { readonly kind: 'uncertain' }
  /** Cancelled before it reached the server. */
  | { readonly kind: 'stopped' };

type Failure = Exclude<Answer, { kind: 'data' }>;

/**
 * One dispatch that is being replayed. Each step has an idempotency key, as an argument, which any router hands on: sent again after
 * its answer was lost it is made once.
 */
class SenderSession implements DispatchSession {
  readonly #plan: DispatchPlan;
  readonly #options: SenderOptions;
  readonly #outage: Outage;
  readonly #open: Set<SenderSession>;
  #id = '';
  #version = 0;
  #estado = 'PENDIENTE';

  constructor(plan: DispatchPlan, options: SenderOptions, outage: Outage, open: Set<SenderSession>) {
    this.#plan = plan;
    this.#options = options;
    this.#outage = outage;
    this.#open = open;
  }

  async send(step: Step): Promise<boolean> {
    const outcome = await this.#deliver(step);
    if (outcome.kind === 'stopped') return false;
    // Without the answer to the creation, the id of the dispatch is unknown.
    if (outcome.kind === 'uncertain') return step.kind === 'position';
    if (outcome.kind === 'error') return this.#fail(step, outcome.error);
    this.#options.tally.applied(step.kind, step.kind === 'status' ? step.estado : undefined);
    if (step.kind === 'position') return true;
    const dispatch = changedDispatch.parse(Object.values(outcome.data)[0]);
    this.#id = dispatch.id;
    this.#version = dispatch.version;
    if (step.kind === 'assign') this.#estado = 'ASIGNADO';
    if (step.kind === 'status') this.#estado = step.estado;
    if (step.kind === 'create') this.#open.add(this);
    else if (step.kind === 'status' && isEnded(step.estado)) this.#open.delete(this);
    return true;
  }

  /** Whatever has become of it meanwhile: what others have ended is not cancelled, and that is as good. */
  async cancel(): Promise<'cancelled' | 'refused' | 'unanswered'> {
    const { client, clock } = this.#options;
    for (;;) {
      const answer = await client.request(documents.status, { id: this.#id, estado: 'CANCELADO' });
      if (answer.kind === 'data') return 'cancelled';
      if (answer.kind !== 'error') return 'unanswered';
      const waitMs = readRateLimitMs(answer);
      if (waitMs === null) return 'refused';
      await clock.sleep(waitMs);
    }
  }

  async #deliver(step: Step): Promise<Outcome> {
    const { client, signal, tally } = this.#options;
    const idempotencyKey = randomUUID();
    const patience = this.#outage.begin();
    /** Whether it was sent, and the answer does not say what came of it. */
    let mayBeDone = false;
    for (;;) {
      const answer = await client.request(documents[step.kind], { ...this.#variables(step), idempotencyKey });
      if (await this.#isOvertaken(answer)) continue;
      if (answer.kind === 'data' || (answer.kind === 'error' && !transient.has(answer.error.code))) {
        patience.over();
        return answer;
      }
      if (mayBeDone && isOutcomeUnknown(answer)) {
        patience.over();
        return this.#leaveUncertain(step, answer);
      }
      const rateLimitMs = readRateLimitMs(answer);
      mayBeDone ||= rateLimitMs === null && answer.kind !== 'unreachable';
      if (signal.aborted) return mayBeDone ? this.#leaveUncertain(step, answer) : { kind: 'stopped' };
      tally.retried();
      if (rateLimitMs !== null) await this.#outage.waitForRate(rateLimitMs);
      else
        await patience.wait(reasonOf(answer)).catch((error: unknown) => {
          if (mayBeDone) this.#leaveUncertain(step, answer);
          throw error;
        });
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

  /**
   * Whether somebody has changed the dispatch since, and not moved it: a crew has answered, or its assignment was escalated. The step
   * then goes on with the version that it has.
   */
  async #isOvertaken(answer: Answer): Promise<boolean> {
    if (answer.kind !== 'error' || answer.error.code !== 'CONFLICT') return false;
    const found = await this.#options.client.request(look, { id: this.#id });
    const seen = found.kind === 'data' ? seenDispatch.safeParse(found.data).data?.dispatch : undefined;
    if (!seen || seen.estado !== this.#estado || seen.version <= this.#version) return false;
    this.#version = seen.version;
    return true;
  }

  #leaveUncertain(step: Step, answer: Failure): Outcome {
    this.#options.tally.leftUncertain(`${this.#name(step)}: ${reasonOf(answer)}`);
    return { kind: 'uncertain' };
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

const reasonOf = (answer: Failure) => (answer.kind === 'error' ? answer.error.message : answer.reason);

/** MS Despacho was sent it and did not answer, and no effect shows there: to send it once more would not tell either. */
const isOutcomeUnknown = (answer: Failure): boolean =>
  answer.kind === 'error' && answer.error.extensions['reason'] === 'OUTCOME_UNKNOWN';

/** How long to wait after RATE_LIMITED; null for any other failure. */
function readRateLimitMs(answer: Failure): number | null {
  if (answer.kind !== 'error' || answer.error.code !== 'RATE_LIMITED') return null;
  const { retryAfterMs } = answer.error.extensions;
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : RATE_LIMIT_DEFAULT_MS;
}
