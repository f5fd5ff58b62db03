/** An operation with one answer, which is sent again on another connection until there is one. */
import { LiveError } from './problems.ts';
import type { Payload, Result, Way } from '../ways/way.ts';

export class Question {
  readonly #payload: Payload;
  readonly #answered: (answer: Result) => void;
  readonly #failed: (why: LiveError) => void;
  readonly #onEnd: () => void;
  #leave: (() => void) | null = null;

  constructor(
    payload: Payload,
    answered: (answer: Result) => void,
    failed: (why: LiveError) => void,
    onEnd: () => void,
  ) {
    this.#payload = payload;
    this.#answered = answered;
    this.#failed = failed;
    this.#onEnd = onEnd;
  }

  start(way: Way): void {
    this.#leave?.();
    this.#leave = way.subscribe(this.#payload, {
      next: (answer) => this.#end(() => this.#answered(answer)),
      refused: (errors) => this.#end(() => this.#answered({ errors })),
      // The client asks again when there is a connection, if ever.
      cutOff: () => undefined,
      complete: () => this.fail(new LiveError('No answer came.')),
    });
  }

  fail(why: LiveError): void {
    this.#end(() => this.#failed(why));
  }

  #end(tell: () => void): void {
    this.#leave?.();
    this.#leave = null;
    this.#onEnd();
    tell();
  }
}
