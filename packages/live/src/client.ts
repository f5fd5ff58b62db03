/** The client: one connection for everything that an app watches, which comes back by itself and misses nothing. */
import { prepare, type Operation, type Variables } from './core/operation.ts';
import { after } from './core/pauses.ts';
import { judge, LiveError, toLiveError } from './core/problems.ts';
import { Question } from './core/question.ts';
import { LiveStates, type LiveState, type StateListener } from './core/state.ts';
import { Stream, type StreamHandlers, type StreamHome } from './core/stream.ts';
import { Tails } from './core/tails.ts';
import { Tokens } from './core/tokens.ts';
import type { LiveClient, LiveClientOptions, LiveTally } from './live-client.ts';
import { Ways } from './ways/ways.ts';
import { defaultTiming, isOfToken, noToken } from './ways/way.ts';
import type { Payload, Result, Timing } from './ways/way.ts';

/** Within which a dropped tail is noticed where a router stands in between, milliseconds. */
const routerTailMs = 15_000;

/** Nothing is connected before something is watched or asked for. */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  return new Live(options);
}

class Live implements LiveClient {
  readonly #streams = new Set<Stream>();
  /** What waits for one answer. */
  readonly #questions = new Set<Question>();
  readonly #states = new LiveStates();
  readonly #tokens: Tokens;
  readonly #timing: Timing;
  readonly #ways: Ways;
  readonly #tails: Tails;
  readonly tally: LiveTally = { reconnects: 0, gaps: 0, tails: 0 };
  #renewal: Promise<boolean> | null = null;
  #isLost = false;
  /** What has to be added to the time of this page to have the service's, milliseconds. */
  #offsetMs: number | null = null;

  constructor({ url, token, onState, way = 'auto', timing, webSocketImpl }: LiveClientOptions) {
    this.#tokens = new Tokens(token);
    this.#timing = { ...defaultTiming, ...timing };
    if (onState) this.#states.listen(onState);
    const events = {
      onConnecting: () => {
        if (this.state.kind === 'idle') this.#states.become('connecting');
      },
      onLive: (time: string | null) => this.#live(time),
      onSign: () => this.#states.sign(),
      onLate: () => this.#states.become('late'),
      onLost: () => this.#lost(),
      onRefused: (reason: string, code: number | null) => void this.#connectionRefused(reason, code),
    };
    this.#ways = new Ways(way, { url, tokens: this.#tokens, timing: this.#timing, events, webSocketImpl });
    this.#tails = new Tails(this.#streams, (payload) => this.#ask(payload));
  }

  get state(): LiveState {
    return this.#states.now;
  }

  get ageMs(): number | null {
    return this.#states.ageMs;
  }

  get serviceTime(): number | null {
    return this.#offsetMs === null ? null : performance.now() + this.#offsetMs;
  }

  onState(listener: StateListener): () => void {
    return this.#states.listen(listener);
  }

  subscribe<R, V extends Variables>(
    operation: Operation<R, V>,
    variables: V,
    handlers: StreamHandlers<R>,
  ): () => void {
    const { query, operationName, stream: shape } = prepare(operation);
    const payload = { query, operationName, variables: { ...variables } };
    const stream = new Stream(this.#home, payload, shape, handlers as StreamHandlers<never>);
    this.#streams.add(stream);
    if (this.state.kind !== 'stopped') stream.start();
    return () => {
      stream.stop();
      this.#forget(stream);
    };
  }

  readonly #home: StreamHome = {
    way: () => this.#ways.current,
    renewToken: () => this.#renewToken(),
    onGap: (how) => void (this.tally[`${how}s`] += 1),
    onEnd: (stream) => this.#forget(stream),
  };

  async request<R, V extends Variables>(operation: Operation<R, V>, variables: V): Promise<R> {
    const { query, operationName, isMutation } = prepare(operation);
    const payload: Payload = { query, operationName, variables };
    for (;;) {
      const { data, errors = [] } = await this.#ask(payload);
      // A mutation tells what it has done also where others of its document were refused.
      const isDone = isMutation && data && Object.values(data).some((value) => value !== null);
      if (data && (errors.length === 0 || isDone)) return data as R;
      const verdict = judge(errors);
      if (verdict.kind === 'token' && (await this.#renewToken())) continue;
      if (isMutation || verdict.kind !== 'passes' || verdict.afterMs === undefined) throw toLiveError(errors);
      const { afterMs } = verdict;
      await new Promise<void>((resolve) => after(afterMs, resolve));
    }
  }

  #ask(payload: Payload): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { kind, reason } = this.state;
      if (kind === 'stopped') return reject(new LiveError(reason ?? 'Stopped.'));
      const question = new Question(payload, resolve, reject, () => this.#questions.delete(question));
      this.#questions.add(question);
      question.start(this.#ways.current);
    });
  }

  restart(): void {
    this.#isLost = false;
    this.#states.become(this.#states.wasLive ? 'reconnecting' : 'connecting');
    this.#startAll();
  }

  dispose(): void {
    for (const stream of this.#streams) stream.stop();
    this.#streams.clear();
    this.#stop('Disposed of.');
    this.#ways.dispose();
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
  }

  #live(time: string | null): void {
    if (time !== null) this.#offsetMs = Date.parse(time) - performance.now();
    if (this.#isLost) this.tally.reconnects += 1;
    this.#isLost = false;
    this.#ways.worked();
    this.#states.sign();
    this.#states.become('live');
    this.#tails.every(this.#timing.tailMs ?? (time === null ? routerTailMs : null));
  }

  #lost(): void {
    if (this.state.kind === 'stopped') return;
    if (this.#streams.size === 0 && this.#questions.size === 0) {
      this.#tails.every(null);
      return this.#states.become('idle');
    }
    this.#isLost = this.#states.wasLive;
    this.#states.failed();
    if (this.#ways.failed()) this.#startAll();
  }

  #startAll(): void {
    for (const stream of this.#streams) stream.start();
    for (const question of this.#questions) question.start(this.#ways.current);
  }

  /** Everything that was on the connection has ended with it. */
  async #connectionRefused(reason: string, code: number | null): Promise<void> {
    const pauseMs = 250 * 2 ** Math.min(6, this.state.attempts);
    this.#isLost = this.#states.wasLive;
    this.#states.failed();
    const isOver = this.state.attempts > 5 && code !== noToken;
    if (isOfToken(code) ? !(await this.#hasAnotherToken()) : isOver) return this.#stop(reason, code);
    after(pauseMs, () => {
      if (this.state.kind !== 'stopped') this.#startAll();
    });
  }

  #stop(reason: string, closeCode: number | null = null): void {
    this.#tails.every(null);
    this.#states.become('stopped', { reason, closeCode });
    for (const question of this.#questions) question.fail(new LiveError(reason));
  }

  /** For all that ask at the same time it is one. */
  #renewToken(): Promise<boolean> {
    this.#renewal ??= this.#connectAnew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #connectAnew(): Promise<boolean> {
    this.#tokens.refuse();
    if (!(await this.#hasAnotherToken())) return false;
    this.#ways.current.reconnect();
    return true;
  }

  /** An app that has no answer just now may have one the next time. */
  #hasAnotherToken(): Promise<boolean> {
    return this.#tokens.hasAnother().catch(() => true);
  }
}
