/** What this process says about itself: that it is alive, whether it can serve, and its metrics. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Asks one dependency; rejects when it does not answer. */
export type DependencyCheck = () => Promise<unknown>;

export interface ReadinessOptions {
  /** By the name that the answer shows for it. */
  readonly checks: Readonly<Record<string, DependencyCheck>>;
  /** The state of services that this process can do without for a while: it is shown, but does not make the process unready. */
  readonly upstreams?: Readonly<Record<string, () => string>>;
  /** How long each dependency has to answer, milliseconds. */
  readonly timeoutMs: number;
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
}

class CheckTimeout extends Error {}

/** Whether this process can serve. Asks its dependencies when it is asked, each at most once at a time. */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #asking = new Map<string, Promise<DependencyState>>();
  #shuttingDown = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** From now on the process says that it is not ready, so that load balancers send no more requests. */
  shutDown(): void {
    this.#shuttingDown = true;
  }

  async report(): Promise<ReadinessReport> {
    const names = Object.keys(this.#options.checks);
    const states = await Promise.all(names.map((name) => this.#ask(name)));
    const dependencies = Object.fromEntries(names.map((name, index) => [name, states[index]!]));
    const circuits = Object.entries(this.#options.upstreams ?? {}).map(([name, read]) => [name, read()]);
    const detail = {
      dependencies,
      ...(circuits.length > 0 && { upstreams: Object.fromEntries(circuits) as Record<string, string> }),
    };
    if (this.#shuttingDown) return { status: 'shutting down', ...detail };
    return { status: states.every((state) => state === 'ok') ? 'ready' : 'not ready', ...detail };
  }

  /** Probes that come while one is under way share its answer, so that calls do not pile up at a dependency that hangs. */
  #ask(name: string): Promise<DependencyState> {
    const known = this.#asking.get(name);
    if (known) return known;
    const asking = this.#check(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #check(name: string): Promise<DependencyState> {
    const state = await this.#look(name);
    this.#options.metrics.dependencyReady.set({ dependency: name }, state === 'ok' ? 1 : 0);
    return state;
  }

  async #look(name: string): Promise<DependencyState> {
    const { checks, timeoutMs, log } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CheckTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      await Promise.race([checks[name]!(), timeout]);
      return 'ok';
    } catch (error) {
      log.warn({ dependency: name, err: error }, 'a dependency is not ready');
      return error instanceof CheckTimeout ? 'timeout' : 'failed';
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether a request is told more than yes or no. */
export type ShowsDetails = (request: FastifyRequest) => boolean;

/** Details for whoever shows this token as a bearer; for nobody where there is none. */
export function detailsFor(token: Secret | null): ShowsDetails {
  if (token === null) return () => false;
  const wanted = digestOf(token.reveal());
  return ({ headers }) => {
    const shown = /^\s*Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
    return shown !== undefined && timingSafeEqual(digestOf(shown), wanted);
  };
}

/** Of equal length whatever the text is, as `timingSafeEqual` wants it. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

export function addHealth(server: FastifyInstance, readiness: Readiness, showsDetails: ShowsDetails): void {
  server.get('/health/live', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'alive' }),
  );
  server.get('/health/ready', async (request, reply) => {
    const report = await readiness.report();
    const isReady = report.status === 'ready';
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(showsDetails(request) ? report : { status: isReady ? 'ready' : 'not ready' });
  });
}

/** Adds the endpoint that Prometheus reads. */
export function addMetrics(server: FastifyInstance, { registry }: Metrics): void {
  server.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics()),
  );
}
