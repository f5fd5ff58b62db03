/** The slots of all processes in Redis: what is asked for in one turn of the loop is one call. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import { repeat } from '../../lib/repeat.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { Logger } from '../../observability/log.ts';
import { PubSubRedis } from '../pubsub/redis.ts';
import type { RedisClient } from '../redis-client.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';
import {
  createSlotDeclaration,
  createSlotDeletion,
  createSlotHearing,
  createSlotMoves,
  createSlotScript,
  placeOf,
} from './calls.ts';
import type { SlotAnswer, SlotStep } from './script.ts';
import {
  hearEvery,
  renewEvery,
  type SlotBounds,
  type SlotHolder,
  type SlotKey,
  type SlotMove,
  type Slots,
  type SlotTake,
  type SlotTaken,
  type SlotWrite,
  type SlotWritten,
} from './slots.ts';

export interface SlotsRedisOptions {
  readonly redis: RedisConnections;
  readonly bounds: SlotBounds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What cannot be reached when it is away. */
const store = 'The store of slots';
/** Steps of one call, kept few because Redis serves nobody else while a script runs. */
const maxSteps = 100;
/** How long a call may take, milliseconds: whoever subscribes waits for it. */
const answerTimeoutMs = 1_000;
/** Steps that wait for the end of the turn. More are refused, as if Redis were away: their clients are served without. */
const maxWaiting = 100_000;

interface WaitingStep {
  readonly step: SlotStep;
  readonly onAnswer: (answer: SlotAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Nothing waits for a Redis that is away: streams then begin without, and the rest is tried again. */
export class SlotsRedis implements Slots {
  readonly renewEveryMs: number;
  readonly #redis: RedisConnections;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #process = randomUUID();
  readonly #run: ReturnType<typeof createSlotScript>;
  readonly #move: ReturnType<typeof createSlotMoves>;
  readonly #deleteAll: ReturnType<typeof createSlotDeletion>;
  readonly #declareNew: ReturnType<typeof createSlotDeclaration>;
  readonly #signals: PubSubRedis;
  readonly #stopHearing: () => Promise<void>;
  #waiting: WaitingStep[] = [];
  #calls = 0;
  #isClosed = false;

  constructor({ redis, bounds, clock, log }: SlotsRedisOptions) {
    this.#redis = redis;
    this.#clock = clock;
    this.#log = log;
    this.#run = createSlotScript(redis, this.#process, bounds);
    this.#move = createSlotMoves(redis);
    this.#deleteAll = createSlotDeletion(redis);
    this.#declareNew = createSlotDeclaration(redis);
    this.#signals = new PubSubRedis({ redis, log });
    this.renewEveryMs = renewEvery(bounds);
    const hear = createSlotHearing(redis, bounds);
    this.#stopHearing = repeat({
      ...{ clock, everyMs: hearEvery(bounds), firstMs: 0, run: () => this.#call(hear, null) },
      onError: (error) => this.#noteUnheard(error),
    });
  }

  async declareNew(): Promise<void> {
    await reach(store, () => this.#declareNew(this.#redis.commands));
  }

  take({ key, generation, begin, from }: SlotTake): Promise<SlotTaken> {
    return this.#ask({ key, generation, act: 'take', position: begin, from }, takenOf);
  }

  write(writes: readonly SlotWrite[]): Promise<readonly SlotWritten[]> {
    return Promise.all(writes.map((write) => this.#ask(write, ([outcome]) => outcome as SlotWritten)));
  }

  move(moves: readonly SlotMove[]): Promise<readonly SlotWritten[]> {
    // What was asked for before happens before.
    this.#flush();
    return this.#redis.isCluster ? this.#moveInPlaces(moves) : this.#call(this.#move, moves);
  }

  async #moveInPlaces(moves: readonly SlotMove[]): Promise<readonly SlotWritten[]> {
    const written = new Map<SlotMove, SlotWritten>();
    await Promise.all(
      [...Map.groupBy(moves, ({ key }) => placeOf(key)).values()].map(async (group) => {
        const outcomes = await this.#call(this.#move, group);
        group.forEach((move, index) => written.set(move, outcomes[index]!));
      }),
    );
    return moves.map((move) => written.get(move)!);
  }

  async deleteAll(viewer: SlotKey['viewer']): Promise<void> {
    await reach(store, () => this.#deleteAll(this.#redis.failFast, viewer));
  }

  tellReplaced({ generation, process }: SlotHolder): void {
    this.#signals.publish(channelOf(process), generation).catch((error: unknown) => {
      this.#log.debug({ err: error }, 'the holder of a slot could not be told that it was replaced');
    });
  }

  onReplaced(listener: (generation: string) => void): void {
    this.#signals
      .subscribe(channelOf(this.#process), (generation) => {
        if (typeof generation === 'string') listener(generation);
      })
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#log.warn({ err: error }, 'what is said of slots cannot be heard');
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flush();
    await Promise.all([this.#stopHearing(), this.#signals.close()]);
  }

  /** That Redis is away, others say. */
  #noteUnheard(error: unknown): void {
    if (!(error instanceof Unavailable)) this.#log.warn({ err: error }, 'slots do not know of this process');
  }

  /** `read` says what the answer means. */
  #ask<T>(step: SlotStep, read: (answer: SlotAnswer) => T): Promise<T> {
    if (this.#waiting.length >= maxWaiting)
      return Promise.reject(new Unavailable(store, new Error('Too many steps wait for Redis.')));
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, onAnswer: (answer) => resolve(read(answer)), reject });
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const groups = this.#redis.isCluster
      ? Map.groupBy(waiting, ({ step }) => placeOf(step.key)).values()
      : [waiting];
    for (const group of groups) {
      for (let start = 0; start < group.length; start += maxSteps)
        void this.#send(group.slice(start, start + maxSteps));
    }
  }

  async #send(group: readonly WaitingStep[]): Promise<void> {
    const steps = group.map(({ step }) => step);
    try {
      const answers = await this.#call(this.#run, steps);
      group.forEach(({ onAnswer }, index) => onAnswer(answers[index]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  #call<T, R>(run: (client: RedisClient, asked: T, call: number) => Promise<R>, asked: T): Promise<R> {
    this.#calls += 1;
    const call = this.#calls;
    return reach(store, () => {
      const { commands } = this.#redis;
      if (commands.status !== 'ready') throw new Error('There is no connection.');
      return within(this.#clock, answerTimeoutMs, 'A call', run(commands, asked, call));
    });
  }
}

function takenOf([outcome, position, replaced, process, lostAt]: SlotAnswer): SlotTaken {
  if (outcome === 'new') return { outcome, lostAt: position ? Number(position) : null };
  if (outcome === 'contested' || outcome === 'full' || outcome === 'replaced')
    return { outcome: 'refused', why: outcome, position: position || null };
  if (outcome === 'held') return { outcome, holder: { generation: replaced!, process: process! } };
  const holder = replaced && process ? { generation: replaced, process } : null;
  return {
    outcome: 'taken',
    position: position || null,
    replaced: holder,
    lostAt: lostAt ? Number(lostAt) : null,
  };
}

const channelOf = (process: string) => `slots:${process}`;
