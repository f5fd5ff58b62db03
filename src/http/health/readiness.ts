/** Whether this process can serve: what it needs is tried, and said in detail to whoever may know. */
import type { Clock } from '../../lib/clock.ts';
import { TookTooLong, within } from '../../lib/deadline.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';

/** Uses one dependency as a client's request would; rejects when that does not work. */
export type DependencyCheck = () => Promise<unknown>;

export interface ReadinessOptions {
  /** What all processes need, by the name that the answer shows for it. */
  readonly checks: Readonly<Record<string, DependencyCheck>>;
  /** The state of services that this process can do without for a while: it is shown, but does not make the process unready. */
  readonly upstreams?: Readonly<Record<string, () => string>>;
  /** How far this process's clock is ahead of others, by whose, milliseconds: it is shown. */
  readonly clockSkewMs?: () => Readonly<Record<string, number>>;
  /** What is wrong with this process alone, in a few words; null when nothing is. */
  readonly findOwnTrouble: () => Promise<string | null>;
  /** How long each dependency has to answer, milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'dependencyReady'>;
  readonly log: Logger;
}

/** `failed`: it answered with an error. `timeout`: it did not answer. The log says what went wrong. */
export type DependencyState = 'ok' | 'failed' | 'timeout';

export interface ReadinessReport {
  readonly status: 'ready' | 'not ready' | 'shutting down';
  readonly dependencies: Readonly<Record<string, DependencyState>>;
  /** Of each other service, whether it is called: `closed`, or its circuit is `open` or `half-open`. */
  readonly upstreams?: Readonly<Record<string, string>>;
  /** How far this process's clock is ahead of that of the database, or of Redis, milliseconds. */
  readonly clockSkewMs?: Readonly<Record<string, number>>;
  /** What another process could do better. */
  readonly trouble?: string;
}

interface Known {
  readonly state: DependencyState;
  readonly at: number;
}

/** How long an answer holds: whoever asks more often makes no more work. Less for a bad one, since it is waited for. */
const okForMs = 5_000;
const failedForMs = 500;
const proveEveryMs = 1_000;

/**
 * Readiness decides whether clients are sent here, so it says no for what another process does better, and for what was never
 * tried: a process is not ready before everything that it needs has worked once, so that a wrong address, database or right ends a
 * rollout. Later, when something is away that all processes share, a no of all of them would take away from clients what still
 * works, and have stock clients give up at the refused connection: it is in the details, in the metrics and alerted on.
 */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #asking = new Map<string, Promise<DependencyState>>();
  readonly #known = new Map<string, Known>();
  /** Whether everything has worked once. */
  #isProven = false;
  #shuttingDown = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** From now on the process says that it is not ready, so that load balancers send no more requests. */
  shutDown(): void {
    this.#shuttingDown = true;
  }

  /** Tries everything until it has worked once, whether somebody asks or not. Resolves then, or when `signal` is aborted. */
  async prove(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.report();
      if (this.#isProven) return;
      await this.#options.clock.sleep(proveEveryMs, signal);
    }
  }

  async report(): Promise<ReadinessReport> {
    const names = Object.keys(this.#options.checks);
    const states = await Promise.all(names.map((name) => this.#ask(name)));
    this.#isProven ||= states.every((state) => state === 'ok');
    const trouble = await this.#options.findOwnTrouble();
    const dependencies = Object.fromEntries(names.map((name, index) => [name, states[index]!]));
    const circuits = Object.entries(this.#options.upstreams ?? {}).map(([name, read]) => [name, read()]);
    const skews = this.#options.clockSkewMs?.() ?? {};
    const detail = {
      dependencies,
      ...(Object.keys(skews).length > 0 && { clockSkewMs: skews }),
      ...(circuits.length > 0 && { upstreams: Object.fromEntries(circuits) as Record<string, string> }),
      ...(trouble !== null && { trouble }),
    };
    if (this.#shuttingDown) return { status: 'shutting down', ...detail };
    return { status: this.#isProven && trouble === null ? 'ready' : 'not ready', ...detail };
  }

  /** Probes that come while one is under way share its answer, so that calls do not pile up at a dependency that hangs. */
  #ask(name: string): Promise<DependencyState> {
    const known = this.#known.get(name);
    const holdsForMs = known?.state === 'ok' ? okForMs : failedForMs;
    if (known && this.#options.clock.elapsed() - known.at < holdsForMs) return Promise.resolve(known.state);
    const underWay = this.#asking.get(name);
    if (underWay) return underWay;
    const asking = this.#check(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #check(name: string): Promise<DependencyState> {
    const state = await this.#look(name, this.#known.get(name)?.state ?? 'ok');
    this.#known.set(name, { state, at: this.#options.clock.elapsed() });
    this.#options.metrics.dependencyReady.set({ dependency: name }, state === 'ok' ? 1 : 0);
    return state;
  }

  /** The log has a line where that is another state than before, however often somebody asks meanwhile. */
  async #look(name: string, before: DependencyState): Promise<DependencyState> {
    const { checks, timeoutMs, clock, log } = this.#options;
    try {
      await within(clock, timeoutMs, 'The answer', Promise.try(checks[name]!));
      if (before !== 'ok') log.info({ dependency: name }, 'a dependency is ready again');
      return 'ok';
    } catch (error) {
      const state = error instanceof TookTooLong ? 'timeout' : 'failed';
      if (state !== before) log.warn({ dependency: name, err: error }, 'a dependency is not ready');
      return state;
    }
  }
}
