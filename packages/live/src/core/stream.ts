/** One subscription, from the app's point of view: it goes on over every break, in order, and says when it cannot. */
import type { StreamShape } from './operation.ts';
import { after, Pauses } from './pauses.ts';
import { judge, toLiveError, type GraphQLProblem, type LiveError } from './problems.ts';
import type { Payload, Result, Way } from '../ways/way.ts';

export interface StreamHandlers<R = Readonly<Record<string, unknown>>> {
  /** An event, in order. It may come twice; `version` or `id` tells. */
  next(result: { readonly data: R; readonly errors?: readonly GraphQLProblem[] }): void;
  /** It was refused for good, and is over: `error.code` says why. What passes by itself is never said here. */
  error?(error: LiveError): void;
  /** It is over: only what is no stream of the service ends by itself. */
  complete?(): void;
}

/** What a stream needs of its client. */
export interface StreamHome {
  /** The one of the moment. */
  way(): Way;
  /** Finds another token, makes the connection anew with it, and says whether there was one. */
  renewToken(): Promise<boolean>;
  /** Something was dropped on the way, which the next event has shown, or a look behind the last one. */
  onGap(how: 'gap' | 'tail'): void;
  onEnd(stream: Stream): void;
}

interface Place {
  readonly cursor?: string | null;
  readonly position?: string | null;
  readonly follows?: string | null;
}

/** How long it is looked, milliseconds: a router takes a while to open a subscription. */
const lookMs = 3_000;

export class Stream {
  readonly #home: StreamHome;
  readonly #shape: StreamShape | null;
  readonly #payload: Payload;
  readonly #handlers: StreamHandlers;
  readonly #pauses = new Pauses();
  #unsubscribe: (() => void) | null = null;
  #callOff: (() => void) | null = null;
  #endLook: (() => void) | null = null;
  #isOver = false;
  /** How often it was asked to look behind since the last event. */
  #quiet = 0;
  /** The largest position that was seen. */
  #last = '';

  constructor(home: StreamHome, payload: Payload, shape: StreamShape | null, handlers: StreamHandlers) {
    this.#home = home;
    this.#payload = payload;
    this.#shape = shape;
    this.#handlers = handlers;
  }

  /** Begins, or begins again behind the newest cursor: on another way, or since something is missing. */
  start(): void {
    this.#leave();
    if (this.#isOver) return;
    let isOld = false;
    const unsubscribe = this.#home.way().subscribe(this.#payload, {
      next: (result) => {
        if (!isOld) this.#next(result);
      },
      refused: (errors) => {
        if (!isOld) this.#refused(errors);
      },
      // The client begins it again when there is a connection, if ever.
      cutOff: () => undefined,
      complete: () => {
        if (isOld) return;
        if (this.#shape) this.#again();
        else this.#end(() => this.#handlers.complete?.());
      },
    });
    this.#unsubscribe = () => {
      isOld = true;
      unsubscribe();
    };
  }

  stop(): void {
    this.#isOver = true;
    this.#leave();
  }

  /**
   * Every other time, while it is quiet: a second subscription behind the last cursor shows for a moment whether the first one
   * should have shown more.
   */
  lookBehind(): void {
    this.#quiet += 1;
    // It may have been asked just behind an event.
    const isDue = this.#quiet % 2 === 0;
    const variables = { ...this.#payload.variables };
    if (!isDue || !this.#shape || !variables[this.#shape.after] || !this.#unsubscribe || this.#endLook)
      return;
    const { key } = this.#shape;
    let behind = '';
    const end = this.#home.way().subscribe(
      { ...this.#payload, variables },
      {
        next({ data }) {
          const { position } = (data?.[key] ?? {}) as Place;
          if (position && position > behind) behind = position;
        },
        refused: () => undefined,
        cutOff: () => undefined,
        complete: () => undefined,
      },
    );
    const timer = setTimeout(() => {
      this.#endLook?.();
      // What has just happened comes over both.
      if (behind <= this.#last) return;
      this.#home.onGap('tail');
      this.start();
    }, lookMs);
    this.#endLook = () => {
      clearTimeout(timer);
      this.#endLook = null;
      end();
    };
  }

  #leave(): void {
    this.#endLook?.();
    this.#callOff?.();
    this.#unsubscribe?.();
    this.#callOff = this.#unsubscribe = null;
  }

  #next(result: Result): void {
    const { data, errors } = result;
    const event = this.#shape ? (data?.[this.#shape.key] as Place | null | undefined) : data;
    if (!event) return this.#refused(errors ?? []);
    if (this.#shape && !this.#isNext(event)) return;
    this.#handlers.next(result as Parameters<StreamHandlers['next']>[0]);
  }

  /** Whether the event is shown: it is new, and nothing is missing before it. */
  #isNext({ cursor, position, follows }: Place): boolean {
    if (follows && this.#last) {
      if (follows > this.#last) {
        this.#home.onGap('gap');
        this.#again();
        return false;
      }
      if (position && position <= this.#last) return false;
    }
    this.#pauses.succeeded();
    this.#quiet = 0;
    if (cursor) this.#payload.variables[this.#shape!.after] = cursor;
    if (position && position > this.#last) this.#last = position;
    return true;
  }

  #refused(errors: readonly GraphQLProblem[]): void {
    const verdict = judge(errors);
    if (verdict.kind === 'passes') return this.#again(verdict.afterMs);
    if (verdict.kind === 'final') return this.#fail(errors);
    this.#leave();
    void this.#home.renewToken().then((isThere) => {
      if (!isThere) this.#fail(errors);
      else if (!this.#isOver) this.#again();
    });
  }

  /** After a pause, which is short where it has got on since the last one: what fails again and again costs little. */
  #again(afterMs = 0): void {
    this.#leave();
    this.#callOff = after(Math.max(afterMs, this.#pauses.failed()), () => this.start());
  }

  #fail(errors: readonly GraphQLProblem[]): void {
    this.#end(() => this.#handlers.error?.(toLiveError(errors)));
  }

  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.stop();
    this.#home.onEnd(this);
    tell();
  }
}
