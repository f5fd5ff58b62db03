/** All subscribers of a chaos run: what each of them watches, and whether they have seen everything. */
import { createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import { dispatchesUpdated, dispatchUpdated, followedDispatchUpdated } from '../support/operations.ts';
import { until } from '../support/until.ts';
import { ClientPath, type PathFault } from './client-path.ts';
import type { Cluster } from './cluster.ts';
import type { Story, StreamKind } from './story.ts';
import { Subscriber, type OpenStream } from './subscriber.ts';
import type { Lane, Writer } from './writer.ts';

export interface AudienceOptions {
  readonly cluster: Cluster;
  readonly writer: Writer;
  readonly seed: number;
  /** The number of subscribers that watch one dispatch of a lane after the other, each to its end. */
  readonly watchers: number;
  /** The number of subscribers that watch all dispatches from the beginning. */
  readonly onBoard: number;
  /** The viewer who follows the dispatches of a lane, and watches them. */
  readonly followerOf: (lane: number) => string | undefined;
}

type Latest = ReadonlyMap<string, number>;

interface Watching {
  readonly kind: StreamKind;
  readonly name: string;
  readonly stream: OpenStream;
  /** Those of all dispatches that this stream must show. */
  readonly partOf: (latest: Latest) => Latest;
}

export class Audience {
  readonly failures: string[] = [];
  readonly #options: AudienceOptions;
  readonly #subscribers: Subscriber[] = [];
  readonly #watching: Watching[] = [];
  #stillWatching = 0;

  private constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** Starts all subscribers. No dispatch may have been written before. */
  static async start(options: AudienceOptions): Promise<Audience> {
    const audience = new Audience(options);
    const { cluster, writer, watchers, onBoard, followerOf } = options;
    const { data } = await cluster.client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
    for (let number = 0; number < onBoard; number += 1) {
      const subscriber = await audience.#add(`board-${number}`);
      const stream = subscriber.watch(dispatchesUpdated, { after: data!.dispatchesCursor });
      audience.#note({ kind: 'board', name: subscriber.name, stream, partOf: (latest) => latest });
    }
    for (const [index, lane] of writer.lanes.entries()) {
      const follower = followerOf(index);
      if (follower === undefined) continue;
      const subscriber = await audience.#add(follower);
      const stream = subscriber.watch(followedDispatchUpdated, {});
      const partOf = (latest: Latest) => new Map(lane.lives.map(({ id }) => [id, latest.get(id) ?? 0]));
      audience.#note({ kind: 'followed', name: subscriber.name, stream, partOf });
    }
    for (let number = 0; number < watchers; number += 1) {
      const subscriber = await audience.#add(`watcher-${number}`);
      audience.#stillWatching += 1;
      void audience.#watchOneByOne(subscriber, writer.lanes[number % writer.lanes.length]!);
    }
    return audience;
  }

  get size(): number {
    return this.#subscribers.length;
  }

  get figures(): { readonly events: number; readonly reconnects: number } {
    const figures = this.#subscribers.map((subscriber) => subscriber.figures);
    const sum = (numberOf: (one: (typeof figures)[number]) => number) =>
      figures.reduce((total, one) => total + numberOf(one), 0);
    return {
      events: sum(({ events }) => events),
      reconnects: sum(({ connects }) => Math.max(0, connects - 1)),
    };
  }

  get subscribers(): readonly Subscriber[] {
    return this.#subscribers;
  }

  /** Breaks the ways of about this share of all subscribers. */
  breakPaths(kind: PathFault, share: number, ms: number, random: Random): Promise<void>[] {
    return this.#subscribers.flatMap(({ path }) =>
      random() < share ? (path.break(kind, ms, random) ?? []) : [],
    );
  }

  /** Resolves when all subscribers have seen the newest version of everything, when one has failed, or when the time is over. */
  async untilAllHaveSeen(latest: Latest, timeoutMs: number): Promise<void> {
    let behind = this.#watching;
    const isDone = () => {
      behind = behind.filter(({ stream, partOf }) =>
        partOf(latest)
          .entries()
          .some(([id, version]) => (stream.newest.get(id) ?? 0) < version),
      );
      return (behind.length === 0 && this.#stillWatching === 0) || this.failures.length > 0;
    };
    // After a timeout the verdict names those that are behind, with everything that they saw.
    await until('everybody has seen everything', isDone, timeoutMs).catch(() => undefined);
  }

  stories(latest: Latest): Story[] {
    return this.#watching.map(({ kind, name, stream, partOf }) => ({
      kind,
      name,
      sights: stream.sights,
      mustShow: partOf(latest),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stream } of this.#watching) stream.close();
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.end()));
  }

  async #add(name: string): Promise<Subscriber> {
    const { cluster, seed } = this.#options;
    const random = createRandom(hashText(`${seed} ${name}`));
    const subscriber = new Subscriber({
      name,
      token: await cluster.token(name),
      random,
      path: await ClientPath.open(cluster.url),
    });
    this.#subscribers.push(subscriber);
    return subscriber;
  }

  #note(watching: Watching): void {
    this.#watching.push(watching);
    watching.stream.ended.catch((error: unknown) => this.failures.push(String(error)));
  }

  /** Watches a dispatch of the lane to its end, then the newest one of the lane, and so on. */
  async #watchOneByOne(subscriber: Subscriber, lane: Lane): Promise<void> {
    try {
      for (let index = 0; ; index = Math.max(index + 1, lane.lives.length - 1)) {
        const life = await lane.life(index);
        if (!life) return;
        const { id } = life;
        const isLast = ({ dispatch }: { dispatch: { estado: string } }) => dispatch.estado === 'COMPLETADO';
        const stream = subscriber.watch(dispatchUpdated, { id }, isLast);
        const partOf = (latest: Latest) => new Map([[id, latest.get(id) ?? 0]]);
        this.#note({ kind: 'one', name: `${subscriber.name} on ${id}`, stream, partOf });
        await stream.ended;
      }
    } catch {
      // The failure of the stream was recorded by #note.
    } finally {
      this.#stillWatching -= 1;
    }
  }
}
