/** The port of peers: one process asks all of them the same, and hears which did not answer. */
import type { Logger } from '../../observability/log.ts';
import type { Answer, AnswerTo, Question } from './messages.ts';

/** A process that did not answer. */
export interface SilentPeer {
  /** Its machine and its process id, as they stand in its log. */
  readonly name: string;
  /** When it was last heard of, milliseconds since the Unix epoch. */
  readonly lastSeen: number;
}

export interface Asked<A extends Answer> {
  /** In no order. The one of this process is among them. */
  readonly answers: readonly A[];
  readonly silent: readonly SilentPeer[];
  /** Whether all that there are have answered. False too where nobody can say which there are. */
  readonly isComplete: boolean;
}

/** What this process answers to others, and to itself. What it throws is logged, and counts as no answer. */
export type Answering = (question: Question) => Promise<Answer>;

/**
 * - **Time**: `ask` resolves when all have answered, after `answerTimeoutMs` at the latest. It never rejects: a store that is away
 *   leaves the answer of this process alone, and what is known of others as silent.
 * - **Who is asked**: every process that began to listen. One that has not been heard of for `forgottenMs` is taken for dead; one that
 *   is frozen or cut off is silent until then, one that has ended says so. One that begins at this moment may not be known yet.
 * - **Delivery**: at most once. What must not be missed is kept in the record.
 */
export interface Peers {
  /** Begins to answer. To be called once. */
  listen(answering: Answering): void;
  ask<K extends Question['kind']>(
    question: Extract<Question, { readonly kind: K }>,
  ): Promise<Asked<AnswerTo<K>>>;
  /** Says that this process has ended. */
  close(): Promise<void>;
}

/** How long others have to answer, milliseconds. */
export const answerTimeoutMs = 1_000;
/** After how long without a word a process is taken for dead, milliseconds. */
export const forgottenMs = 120_000;
/** How often a process says that it is there, milliseconds. */
export const renewMs = 5_000;

/** The answer of this process; undefined where it has none. */
export async function answerSafely(
  answering: Answering | undefined,
  question: Question,
  log: Logger,
): Promise<Answer | undefined> {
  try {
    return await answering?.(question);
  } catch (error) {
    log.error({ err: error, question: question.kind }, 'a question of another process could not be answered');
    return undefined;
  }
}
