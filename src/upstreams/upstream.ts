/** Calls of one other service: pooled, bounded in number and time, repeated where that is safe, refused at once while it is down. */
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { Pool } from 'undici';
import { systemClock, type Clock } from '../lib/clock.ts';
import { clientFailureOf } from '../lib/failures/driver-failures.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { SeldomLog } from '../observability/seldom-log.ts';
import { pauseOf } from './circuit-pause.ts';
import { tracedCall, type TracedService } from './traced-call.ts';
import { neverSent, UpstreamFailure, upstreamUnavailable } from './failure.ts';

export interface UpstreamOptions extends TracedService {
  /** How long a read may take, milliseconds. */
  readonly timeoutMs: number;
  /** Calls at a time; ten times as many more may wait. Default 32. */
  readonly maxInFlight?: number;
  readonly clock?: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'upstreamCalls' | 'upstreamCircuit'>;
}

export interface UpstreamCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A call that changes nothing is repeated when it fails. */
  readonly isRead: boolean;
  /** Default: the `timeoutMs` of the service. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call: nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface UpstreamAnswer {
  /** Below 500, or 503 with a reason that the service gave. */
  readonly status: number;
  /** JSON. */
  readonly body: unknown;
}

/** A call as it is sent. */
interface PreparedRequest {
  readonly method: UpstreamCall['method'];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export type Circuit = 'closed' | 'half-open' | 'open';

/** A larger answer is not read to its end, and is a failure. */
const maxBodyBytes = 8 * mebibyte;
const failuresToOpen = 5;
/** How long an open circuit refuses calls before it tries one, milliseconds: about this long after its return a service is used again. */
const halfOpenAfterMs = 500;

export class Upstream {
  readonly name: string;
  /** For what is wrong with the service or its answers, which it names. */
  readonly complaints: SeldomLog;
  readonly #options: UpstreamOptions;
  readonly #base: string;
  readonly #pool: Pool;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #once;
  readonly #again;

  constructor(options: UpstreamOptions) {
    const { name, url, maxInFlight = 32, clock = systemClock, log } = options;
    const { origin, pathname } = new URL(url);
    this.name = name;
    this.complaints = new SeldomLog(log.child({ service: name }), clock);
    this.#options = options;
    this.#base = pathname.replace(/\/$/, '');
    this.#breaker = circuitBreaker(handleType(UpstreamFailure), {
      halfOpenAfter: pauseOf(clock, halfOpenAfterMs),
      breaker: new ConsecutiveBreaker(failuresToOpen),
    });
    this.#pool = new Pool(origin, { connections: maxInFlight, maxResponseSize: maxBodyBytes });
    const bounded = bulkhead(maxInFlight, 10 * maxInFlight);
    const attempts = retry(handleType(UpstreamFailure), {
      maxAttempts: 2,
      backoff: new ExponentialBackoff({ initialDelay: 30, maxDelay: 300 }),
    });
    this.#once = wrap(bounded, this.#breaker);
    this.#again = wrap(attempts, bounded, this.#breaker);
    this.#watchCircuit();
  }

  get circuit(): Circuit {
    if (this.#breaker.state === CircuitState.Closed) return 'closed';
    return this.#breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /**
   * Rejects with UPSTREAM_UNAVAILABLE when there is no usable answer (`surelyDidNotHappen` says whether it was sent), with a TypeError
   * when the call cannot be sent at all, and with the signal's reason when it was aborted.
   */
  async call(call: UpstreamCall): Promise<UpstreamAnswer> {
    const policy = call.isRead ? this.#again : this.#once;
    const request = this.#prepare(call);
    try {
      return await policy.execute(() => this.#timed(call, request), call.signal);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError) {
        this.#count(error instanceof BrokenCircuitError ? 'broken off' : 'too many');
        throw neverSent(this.name);
      }
      if (!(error instanceof UpstreamFailure)) throw error;
      this.complaints.warn({ err: error, call: describe(call) }, 'a call of another service failed');
      throw error.wasNeverSent ? neverSent(this.name) : upstreamUnavailable(this.name);
    }
  }

  /** Closes the connections. Calls that are under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /**
   * What is sent. It is checked before any policy sees it: a mistake of ours says nothing about the other service, and a
   * header that undici refuses while it writes keeps the connection for ever.
   *
   * @throws TypeError
   */
  #prepare({ method, path, body, headers }: UpstreamCall): PreparedRequest {
    const prepared = {
      method,
      path: this.#base + path,
      // Without `accept` the services answer errors in HTML.
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    };
    if (!/^[\x21-\x7e]*$/.test(prepared.path)) throw new TypeError('The path of a call cannot be sent.');
    for (const [name, value] of Object.entries(prepared.headers))
      if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`The header ${name} of a call cannot be sent.`);
    return prepared;
  }

  async #timed(call: UpstreamCall, request: PreparedRequest): Promise<UpstreamAnswer> {
    call.signal?.throwIfAborted();
    const ms = call.timeoutMs ?? this.#options.timeoutMs;
    try {
      const answer = await timeout(ms, TimeoutStrategy.Aggressive).execute(
        (_context, signal) => tracedCall(this.#options, request, (told) => this.#request(told, signal)),
        call.signal,
      );
      this.#count(answer.status < 400 ? 'ok' : 'refused');
      return answer;
    } catch (error) {
      if (call.signal?.aborted === true) {
        this.#count('called off');
        throw error;
      }
      if (isOurs(error)) throw error;
      const failure = toFailure(error, ms);
      this.#count(failure.outcome);
      throw failure;
    }
  }

  async #request(request: PreparedRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const response = await this.#pool.request({ ...request, signal });
    const text = await response.body.text();
    const { statusCode: status } = response;
    const answer = readJson(text);
    if (answer === undefined)
      throw new UpstreamFailure(
        status < 500 ? 'unreadable' : 'failed',
        `The answer was HTTP ${status} and is not JSON.`,
      );
    if (status >= 500 && !(status === 503 && hasReason(answer)))
      throw new UpstreamFailure('failed', `The answer was HTTP ${status}.`);
    return { status, body: answer };
  }

  #count(outcome: string): void {
    this.#options.metrics.upstreamCalls.inc({ service: this.name, outcome });
  }

  #watchCircuit(): void {
    const { log, metrics } = this.#options;
    const service = this.name;
    const setMetric = () =>
      metrics.upstreamCircuit.set({ service }, { closed: 0, 'half-open': 0.5, open: 1 }[this.circuit]);
    setMetric();
    this.#breaker.onStateChange(setMetric);
    let isAway = false;
    this.#breaker.onBreak(() => {
      if (!isAway) log.error({ service }, 'another service is away; it is tried again until it is back');
      isAway = true;
    });
    this.#breaker.onReset(() => {
      isAway = false;
      log.info({ service }, 'another service is back');
    });
  }
}

/** What is logged of a call, which is none of its content. */
const describe = ({ method, path }: UpstreamCall) => `${method} ${path.split('?', 1)[0]}`;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error page of Laravel itself has only a `message`; a refusal by the service has an `error`, too. */
const hasReason = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && typeof (answer as { error?: unknown }).error === 'string';

/** A mistake in what was to be sent, which would fail whatever the state of the other service. */
const isOurs = (error: unknown): boolean =>
  !(error instanceof UpstreamFailure || error instanceof TaskCancelledError) &&
  !clientFailureOf(error).isTransient;

function toFailure(error: unknown, timeoutMs: number): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof TaskCancelledError)
    return new UpstreamFailure('timeout', `There was no answer within ${timeoutMs} ms.`);
  const { code } = error as { readonly code?: unknown };
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new UpstreamFailure('unreadable', `The answer was larger than ${maxBodyBytes} bytes.`, {
      cause: error,
    });
  return new UpstreamFailure('unreachable', 'There was no complete answer.', { cause: error });
}
