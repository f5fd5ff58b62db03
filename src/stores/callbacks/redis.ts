/** The subscriptions by callback of all processes in Redis. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import type { RedisClient } from '../redis-client.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';
import type {
  CallbackEntry,
  CallbackKept,
  CallbackStore,
  CallbackTake,
  CallbackWrite,
  CallbackWritten,
  TakenCallback,
} from './callbacks.ts';
import { createCallbackScripts, placeOf, type CallbackAnswer, type CallbackStep } from './script.ts';

export interface CallbacksRedisOptions {
  readonly redis: RedisConnections;
  readonly clock: Clock;
}

/** Steps of one call, kept few because Redis serves nobody else while a script runs. */
const maxSteps = 100;
/** How long a call may take, milliseconds: messages may wait for it. */
const answerTimeoutMs = 1_000;

/** Nothing waits for a Redis that is away: holders go on, and ask again. */
export class CallbacksRedis implements CallbackStore {
  readonly isShared = true;
  readonly #redis: RedisConnections;
  readonly #clock: Clock;
  readonly #scripts: ReturnType<typeof createCallbackScripts>;

  constructor({ redis, clock }: CallbacksRedisOptions) {
    this.#redis = redis;
    this.#clock = clock;
    this.#scripts = createCallbackScripts(redis);
  }

  async keep(entry: CallbackEntry, how: 'begin' | 'restore'): Promise<CallbackKept> {
    const [answer] = await this.#run([{ act: how, ...entry }]);
    return answer as CallbackKept;
  }

  async write(writes: readonly CallbackWrite[]): Promise<readonly CallbackWritten[]> {
    const answers = new Map<CallbackWrite, CallbackAnswer>();
    const groups = this.#redis.isCluster
      ? Map.groupBy(writes, ({ name }) => placeOf(name)).values()
      : [writes];
    const calls: Promise<void>[] = [];
    for (const group of groups)
      for (let start = 0; start < group.length; start += maxSteps) {
        const steps = group.slice(start, start + maxSteps);
        calls.push(
          this.#run(steps).then((said) => steps.forEach((step, at) => answers.set(step, said[at]!))),
        );
      }
    await Promise.all(calls);
    return writes.map((write) => answers.get(write) as CallbackWritten);
  }

  async take({ generation, limit }: CallbackTake): Promise<readonly TakenCallback[]> {
    const taken = await Promise.all(
      this.#scripts.groups.map((keys, at) =>
        this.#reach((client) => this.#scripts.take(client, keys, `${generation}.${at}`, limit)),
      ),
    );
    return taken.flat().map(([name, held, data, position, left]) => ({
      ...{ name, generation: held, data, position: position || null },
      wasReleased: left !== '',
    }));
  }

  #run(steps: readonly CallbackStep[]): Promise<readonly CallbackAnswer[]> {
    return this.#reach((client) => this.#scripts.run(client, steps));
  }

  #reach<T>(use: (client: RedisClient) => Promise<T>): Promise<T> {
    const { commands } = this.#redis;
    return reach('The store of callbacks', async () => {
      if (commands.status !== 'ready') throw new Error('There is no connection.');
      return within(this.#clock, answerTimeoutMs, 'A call', use(commands));
    });
  }
}
