/** All processes, which ask each other through Redis: a question goes to everybody, an answer to who asked. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { atMost } from '../../lib/deadline.ts';
import { repeat } from '../../lib/repeat.ts';
import type { Logger } from '../../observability/log.ts';
import { PubSubRedis } from '../pubsub/redis.ts';
import type { RedisConnections } from '../redis-connections.ts';
import { answer, question, type Answer, type AnswerTo, type Question } from './messages.ts';
import { answerSafely, answerTimeoutMs, renewMs, type Answering, type Asked, type Peers } from './peers.ts';
import { Roster } from './roster.ts';

export interface PeersRedisOptions {
  readonly redis: RedisConnections;
  readonly clock: Clock;
  /** What this process is called where it does not answer. */
  readonly name: string;
  readonly log: Logger;
}

const asked = z.object({ id: z.string(), from: z.string(), question });
const answered = z.object({ id: z.string(), from: z.string(), answer });

const questions = 'peers';
const answersTo = (id: string) => `peers:${id}`;

/** One question that this process has asked, until it has resolved. */
interface Pending {
  readonly answers: Map<string, Answer>;
  /** Called with each answer. */
  readonly look: () => void;
}

export class PeersRedis implements Peers {
  readonly #id = randomUUID();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signals: PubSubRedis;
  readonly #roster: Roster;
  readonly #disposables = new AsyncDisposableStack();
  /** By question. Whoever asks is limited. */
  readonly #pending = new Map<string, Pending>();
  #answering: Answering | undefined;
  readonly #redis: RedisConnections;

  constructor({ redis, clock, name, log }: PeersRedisOptions) {
    this.#redis = redis;
    this.#clock = clock;
    this.#log = log;
    this.#signals = new PubSubRedis({ redis, log });
    this.#disposables.defer(() => this.#signals.close());
    this.#roster = new Roster(redis, { id: this.#id, name });
  }

  listen(answering: Answering): void {
    this.#answering = answering;
    this.#begin().catch((error: unknown) => {
      if (!this.#disposables.disposed)
        this.#log.error({ err: error }, 'the questions of other processes cannot be heard');
    });
  }

  async ask<K extends Question['kind']>(
    asking: Extract<Question, { readonly kind: K }>,
  ): Promise<Asked<AnswerTo<K>>> {
    const id = randomUUID();
    const everybody = Promise.withResolvers<void>();
    let awaited: readonly string[] | null = null;
    const answers = new Map<string, Answer>();
    const look = () => {
      if (awaited?.every((peer) => answers.has(peer))) everybody.resolve();
    };
    this.#pending.set(id, { answers, look });
    const own = answerSafely(this.#answering, asking, this.#log);
    void own.then((given) => this.#take(id, this.#id, given));
    let isReached = false;
    const others = this.#askOthers({ id, from: this.#id, question: asking });
    void others.then((isAway) => {
      isReached = !isAway;
      awaited = isAway ? [this.#id] : [this.#id, ...this.#roster.known.map((peer) => peer.id)];
      look();
    });
    await atMost(this.#clock, answerTimeoutMs, everybody.promise);
    this.#pending.delete(id);
    const silent = this.#roster.known.filter((peer) => !answers.has(peer.id));
    return {
      answers: [...answers.values()].filter((given) => given.kind === asking.kind) as AnswerTo<K>[],
      silent: silent.map(({ name, lastSeen }) => ({ name, lastSeen })),
      isComplete: isReached && answers.has(this.#id) && silent.length === 0,
    };
  }

  async close(): Promise<void> {
    await this.#disposables.disposeAsync();
  }

  /** Says that it is there once it hears what is asked, and not before. */
  async #begin(): Promise<void> {
    await Promise.all([
      this.#signals.subscribe(questions, (message) => void this.#answer(message)),
      this.#signals.subscribe(answersTo(this.#id), (message) => this.#onAnswer(message)),
    ]);
    if (this.#disposables.disposed) return;
    const run = () => this.#roster.renew();
    const onError = (error: unknown) =>
      this.#log.debug({ err: error }, 'this process could not say that it is there');
    this.#disposables.defer(() => this.#roster.leave().catch(onError));
    this.#disposables.defer(repeat({ clock: this.#clock, everyMs: renewMs, firstMs: 0, run, onError }));
    this.#disposables.defer(this.#redis.onReconnect(() => void run().catch(onError)));
  }

  /** Resolves with whether they cannot be asked. */
  async #askOthers(message: z.infer<typeof asked>): Promise<boolean> {
    try {
      await this.#roster.renew();
      await this.#signals.publish(questions, message);
      return false;
    } catch (error) {
      this.#log.debug({ err: error }, 'other processes could not be asked');
      return true;
    }
  }

  async #answer(message: unknown): Promise<void> {
    const { success, data } = asked.safeParse(message);
    // What a newer version asks is not answered, so that whoever asks is told. Its own answer it has already.
    if (!success || data.from === this.#id) return;
    const given = await answerSafely(this.#answering, data.question, this.#log);
    if (!given) return;
    try {
      await this.#signals.publish(answersTo(data.from), { id: data.id, from: this.#id, answer: given });
    } catch (error) {
      this.#log.debug({ err: error }, 'an answer could not be sent to the process that asked');
    }
  }

  #onAnswer(message: unknown): void {
    const { success, data } = answered.safeParse(message);
    if (success) this.#take(data.id, data.from, data.answer);
  }

  #take(id: string, from: string, given: Answer | undefined): void {
    const pending = this.#pending.get(id);
    if (!pending || !given) return;
    pending.answers.set(from, given);
    pending.look();
  }
}
