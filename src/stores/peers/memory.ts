/** The only process, which asks itself. */
import type { Logger } from '../../observability/log.ts';
import type { AnswerTo, Question } from './messages.ts';
import { answerSafely, type Answering, type Asked, type Peers } from './peers.ts';

export class PeersMemory implements Peers {
  readonly #log: Logger;
  #answering: Answering | undefined;

  constructor({ log }: { readonly log: Logger }) {
    this.#log = log;
  }

  listen(answering: Answering): void {
    this.#answering = answering;
  }

  async ask<K extends Question['kind']>(
    question: Extract<Question, { readonly kind: K }>,
  ): Promise<Asked<AnswerTo<K>>> {
    const own = await answerSafely(this.#answering, question, this.#log);
    return { answers: own ? [own as AnswerTo<K>] : [], silent: [], isComplete: own !== undefined };
  }

  async close(): Promise<void> {
    this.#answering = undefined;
  }
}
