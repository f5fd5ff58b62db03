/** Appends events to the logs of topics in Redis, and notices where Redis has lost what was appended before. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import { StaleTurn } from '../../lib/failures/stale-turn.ts';
import type { AppendedEvent, AppendRequest, NewEvent, Position } from './event-log.ts';
import type { LogScripts } from './script.ts';

/** Events of one script call, kept few because Redis serves nobody else while a script runs. */
const maxAppendedAtOnce = 100;
/** Topics of one `append` whose scripts are under way at once: of more, the last ones would time out in the queue. */
const maxTopicsAtOnce = 200;
/** Topics whose last append is remembered. */
const maxRemembered = 10_000;

export class Appends {
  readonly #scripts: LogScripts;
  /** The position behind the last append of this process, by topic. */
  readonly #appended = new LRUCache<string, Position>({
    ...mostEntries(maxRemembered),
  });

  /** The life of Redis' data in which turns were begun; empty where it is not known. */
  #life = '';

  constructor(scripts: LogScripts) {
    this.#scripts = scripts;
  }

  /** See `EventLog.beginTurns`. */
  async beginTurns(): Promise<void> {
    this.#life = await this.#scripts.life();
  }

  /** See `EventLog.append`. */
  async append(requests: readonly AppendRequest[], turn: number | null): Promise<Position[]> {
    const positions = new Array<Position>(requests.length);
    const byTopic = [...Map.groupBy(requests.keys(), (index) => requests[index]!.topic)];
    for (let start = 0; start < byTopic.length; start += maxTopicsAtOnce) {
      const wave = byTopic.slice(start, start + maxTopicsAtOnce);
      await Promise.all(
        wave.map(async ([topic, indexes]) => {
          const events = indexes.map((index) => requests[index]!.event);
          const appended = await this.#appendTo(topic, events, turn);
          indexes.forEach((index, place) => (positions[index] = appended[place]!));
        }),
      );
    }
    return positions;
  }

  /** See `EventLog.findMissing`. */
  async findMissing(appended: readonly AppendedEvent[]): Promise<readonly AppendedEvent[]> {
    const logs = [...Map.groupBy(appended, ({ topic, position }) => `${position.epoch} ${topic}`).values()];
    const missing: AppendedEvent[] = [];
    for (let start = 0; start < logs.length; start += maxTopicsAtOnce) {
      const wave = logs.slice(start, start + maxTopicsAtOnce);
      const found = await Promise.all(wave.map((events) => this.#scripts.findMissing(events)));
      missing.push(...found.flat());
    }
    return missing;
  }

  async #appendTo(topic: string, events: readonly NewEvent[], turn: number | null): Promise<Position[]> {
    const positions: Position[] = [];
    for (let start = 0; start < events.length; start += maxAppendedAtOnce) {
      const chunk = events.slice(start, start + maxAppendedAtOnce);
      const known = this.#appended.get(topic);
      const appended = await this.#scripts
        .append(topic, chunk, { known, turn, life: this.#life })
        .catch((error: unknown) => {
          // Whoever comes again in a later turn has read what is left to be appended since then.
          if (error instanceof StaleTurn) this.#appended.delete(topic);
          throw error;
        });
      positions.push(...appended);
      this.#remember(topic, positions.at(-1)!);
    }
    return positions;
  }

  /** Of two appends that are under way at once, the answer to the later one may come first. */
  #remember(topic: string, position: Position): void {
    const known = this.#appended.get(topic);
    const isOlder = known?.epoch === position.epoch && known.offset >= position.offset;
    if (!isOlder) this.#appended.set(topic, position);
  }
}
