/** One subscription, from the app's point of view: it goes on over every break, in order, and says when it cannot. */
import type { StreamShape } from './operation.ts';
import { after, Pauses } from './pauses.ts';
import { judge, toLiveError, type GraphQLProblem, type LiveError } from './problems.ts';
import type { StreamInput, StreamPlacesQuery } from '../generated/operations.ts';
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
  /** Something was dropped on the way, which the next event has shown, or the service, when it was asked. */
  onGap(how: 'gap' | 'tail'): void;
  onEnd(stream: Stream): void;
}

export type StreamPlace = NonNullable<StreamPlacesQuery['streamPlaces'][number]>;

interface Place {
  readonly cursor?: string | null;
  readonly position?: string | null;
  readonly follows?: string | null;
}

export class Stream {
  readonly #home: StreamHome;
  readonly #shape: StreamShape | null;
  readonly #payload: Payload;
  readonly #handlers: StreamHandlers;
  readonly #pauses = new Pauses();
  #unsubscribe: (() => void) | null = null;
  #callOff: (() => void) | null = null;
  #endWait: (() => void) | null = null;
  #isOver = false;
  /** Events that were shown. */
  count = 0;
  /** The largest position that was seen. */
  #last = '';
  /** The position up to which nothing is missing. */
  #reached = '';
  /** Whether it was begun anew because nothing came, behind a cursor that the app had. */
  #hasBegunAnew = false;

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

  /** What to ask the service about it; null where nobody can tell what follows what, or it is not open. */
  get question(): StreamInput | null {
    const shape = this.#shape;
    if (!shape?.field || !this.#unsubscribe) return null;
    return { field: shape.field, arguments: shape.argumentsOf(this.#payload.variables) };
  }

  /** Where the service says that it stands. What has just happened may still be on its way for so long. */
  stands(place: StreamPlace, graceMs: number): void {
    if (place.position !== null && place.position <= this.#reached) return;
    const { count } = this;
    this.#endWait?.();
    this.#endWait = after(graceMs, () => this.#compare(place, count));
  }

  /** `count`: that of its events when it was asked. */
  #compare({ cursor, position }: StreamPlace, count: number): void {
    const { after: variable, beginsWithState } = this.#shape!;
    const { variables } = this.#payload;
    if (position !== null && position <= this.#reached) return;
    if (this.count === 0 && (variables[variable] ? this.#hasBegunAnew : !beginsWithState)) {
      // Nothing has been shown, and nothing was to be.
      variables[variable] ??= cursor;
      this.#reached = position ?? '';
      return;
    }
    // Something came: it is slow, and looked at the next time. Asking for all of it anew would help no router that is behind.
    if (this.count !== count) return;
    // Where nobody knows what it was to show, it goes on behind its cursor, since it has been quiet: that shows what it should have.
    if (position === null && !variables[variable]) return;
    if (position !== null) this.#home.onGap('tail');
    this.#hasBegunAnew = true;
    this.start();
  }

  #leave(): void {
    this.#endWait?.();
    this.#callOff?.();
    this.#unsubscribe?.();
    this.#endWait = this.#callOff = this.#unsubscribe = null;
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
    if (follows && this.#reached) {
      if (follows > this.#reached) {
        this.#home.onGap('gap');
        this.#again();
        return false;
      }
      if (position && position <= this.#last) return false;
    }
    this.#pauses.succeeded();
    this.count += 1;
    if (cursor) this.#payload.variables[this.#shape!.after] = cursor;
    if (position && position > this.#last) this.#last = position;
    if (this.#last > this.#reached) this.#reached = this.#last;
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
