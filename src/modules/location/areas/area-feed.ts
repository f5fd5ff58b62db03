/** Follows those cells of the map alone that somebody on this process watches, and hands what happens there to the areas that it concerns. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../../lib/memory/most-entries.ts';
import { cellsOfBox, cellsOfMove } from '../../../lib/areas/cells.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isEnded } from '../../../lib/words/statuses.ts';
import type { Logger } from '../../../observability/log.ts';
import type { EventLog, Follower, Following, LoggedEvent } from '../../../stores/event-log/event-log.ts';
import { cellTopicKey, parseLocationEvent } from '../events.ts';
import type { Area } from './area.ts';
import type { Fix, Place } from './area-fix.ts';
import { AreaWatch } from './area-watch.ts';

/** A dispatch has another status. */
export interface StatusChange {
  readonly despachoId: string;
  readonly estado: string;
  readonly version: number;
  readonly timestamp: string;
}

/** Where it is told that dispatches change. */
export interface StatusChanges {
  readonly topic: string;
  /** Null for an event that is something else. */
  readonly read: (data: unknown) => StatusChange | null;
}

export interface AreaFeedOptions {
  readonly eventLog: Pick<EventLog, 'follow'>;
  readonly statusChanges: StatusChanges;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A topic that some areas need. */
interface Followed {
  readonly opening: Promise<Following>;
  readonly watches: Set<AreaWatch>;
}

/** A fix comes by each cell that it touches; each area takes it once. */
interface Arrival {
  readonly fix: Fix | null;
  readonly takenBy: Set<AreaWatch>;
}

/** Fixes that may yet come by another cell. */
const maxArrivals = 4_096;
/** Dispatches of which the place, or the last status, is known here. */
const maxKnown = 50_000;

export class AreaFeed {
  readonly #options: AreaFeedOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #arrivals = new LRUCache<string, Arrival>(mostEntries(maxArrivals));
  readonly #places = new LRUCache<string, Place>(mostEntries(maxKnown));
  readonly #statuses = new LRUCache<string, StatusChange>(mostEntries(maxKnown));

  constructor(options: AreaFeedOptions) {
    this.#options = options;
  }

  /** Resolves once everything that happens in the area will reach the follower. */
  async follow(area: Area, follower: Follower): Promise<Following> {
    const { clock, statusChanges } = this.#options;
    const watch = new AreaWatch(area, follower, clock);
    const topics = [statusChanges.topic, ...cellsOfBox(area.box).map(cellTopicKey)];
    const close = () => {
      watch.close();
      return this.#leave(topics, watch);
    };
    try {
      await Promise.all(topics.map((topic) => this.#join(topic, watch)));
    } catch (error) {
      await close();
      throw error;
    }
    return { position: { epoch: watch.epoch, offset: 0 }, began: clock.now(), keep: () => {}, close };
  }

  /** What was read of a place, or null where it is known here that its dispatch has ended since. To be called when the area is followed. */
  note<P extends Place & { readonly version: number }>(read: P): P | null {
    const heard = this.#statuses.get(read.despachoId);
    const place = heard && heard.version > read.version ? { ...read, estado: heard.estado } : read;
    if (isEnded(place.estado)) return null;
    const known = this.#places.get(read.despachoId);
    if (!known || known.sequence <= read.sequence) this.#places.set(read.despachoId, place);
    return place;
  }

  #join(topic: string, watch: AreaWatch): Promise<Following> {
    const followed = this.#followed.get(topic) ?? this.#follow(topic);
    followed.watches.add(watch);
    return followed.opening;
  }

  #follow(topic: string): Followed {
    const { eventLog, statusChanges } = this.#options;
    const watches = new Set<AreaWatch>();
    const take = topic === statusChanges.topic ? this.#takeChange.bind(this) : this.#takeFix.bind(this);
    const opening = eventLog.follow(topic, {
      onEvent: (event) => take(event, watches),
      onLost: () => {
        for (const watch of watches) watch.lose();
      },
    });
    const followed = { opening, watches };
    this.#followed.set(topic, followed);
    // Whoever comes next tries anew; those who wait are told.
    opening.catch(() => {
      if (this.#followed.get(topic) === followed) this.#followed.delete(topic);
    });
    return followed;
  }

  async #leave(topics: readonly string[], watch: AreaWatch): Promise<void> {
    const left = topics.flatMap((topic) => {
      const followed = this.#followed.get(topic);
      if (!followed?.watches.delete(watch) || followed.watches.size > 0) return [];
      this.#followed.delete(topic);
      return [followed.opening.then((following) => following.close())];
    });
    await Promise.all(left);
  }

  #takeFix(logged: LoggedEvent, watches: ReadonlySet<AreaWatch>): void {
    let arrival = this.#arrivals.get(logged.id);
    if (!arrival) this.#arrivals.set(logged.id, (arrival = { fix: this.#read(logged), takenBy: new Set() }));
    const { fix, takenBy } = arrival;
    if (fix) hand(fix, watches, takenBy);
  }

  /** Null where it cannot be read, or its dispatch has ended. */
  #read({ id, at, data }: LoggedEvent): Fix | null {
    try {
      const { despachoId, sequence, location, timestamp, ...way } = parseLocationEvent(data);
      const known = this.#places.get(despachoId);
      const heard = this.#statuses.get(despachoId);
      if (heard && isEnded(heard.estado)) return null;
      const estado = way.estado ?? heard?.estado ?? known?.estado ?? 'EN_CAMINO';
      const place = { despachoId, sequence, estado, location, timestamp };
      if (!known || known.sequence <= sequence) this.#places.set(despachoId, place);
      const { from = null, isJump = true } = way;
      return { ...place, id, at, from, isJump, estadoBefore: known?.estado ?? estado };
    } catch (error) {
      this.#options.log.error({ err: error, eventId: id }, 'a position in an area could not be read');
      return null;
    }
  }

  #takeChange({ id, at, data }: LoggedEvent): void {
    const change = this.#options.statusChanges.read(data);
    if (!change) return;
    const { despachoId, estado, timestamp, version } = change;
    const heard = this.#statuses.get(despachoId);
    if (heard && heard.version > version) return;
    this.#statuses.set(despachoId, change);
    const known = this.#places.get(despachoId);
    if (!known || known.estado === estado) return;
    const { location: from, estado: estadoBefore } = known;
    const fix = { ...known, estado, timestamp, id, at, from, isJump: false, estadoBefore };
    if (isEnded(estado)) this.#places.delete(despachoId);
    else this.#places.set(despachoId, { ...known, estado });
    const takenBy = new Set<AreaWatch>();
    for (const cell of cellsOfMove(null, known.location).cells) {
      const watches = this.#followed.get(cellTopicKey(cell))?.watches;
      if (watches) hand(fix, watches, takenBy);
    }
  }
}

function hand(fix: Fix, watches: ReadonlySet<AreaWatch>, takenBy: Set<AreaWatch>): void {
  for (const watch of watches) {
    if (takenBy.has(watch)) continue;
    takenBy.add(watch);
    watch.take(fix);
  }
}
