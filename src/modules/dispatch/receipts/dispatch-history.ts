/** What happened to one dispatch, as receipts are judged by it: its changes, and who began and ceased to follow it. */
import { z } from 'zod';
import type { Database } from '../../../db/database.ts';
import { storedName } from '../../../db/stored-text.ts';
import type { EventRow } from '../../../db/tables.ts';
import { eventTypes } from '../change.ts';
import { readStoredEvent, type DispatchEvent } from '../events.ts';

const followedType = 'dispatch.followed';
const unfollowedType = 'dispatch.unfollowed';

/** Newest changes that are looked at, and newest beginnings and ends of following. */
const maxChanges = 500;
const maxFollows = 2_000;

/** An event of the audit trail, with where it stands in each of its topics. Without those that the log has never had. */
export interface PlacedEvent {
  readonly id: number;
  readonly version: number;
  readonly places: readonly Place[];
}

export interface Place {
  readonly topic: string;
  readonly epoch: string;
  readonly offset: number;
}

export interface PlacedChange extends PlacedEvent {
  readonly event: DispatchEvent;
}

/** A viewer began to follow the dispatch, and was shown it as it was. */
export interface PlacedFollow extends PlacedEvent {
  readonly viewerId: string;
}

export class DispatchHistory {
  readonly #database: Database;
  readonly #rowId: number;

  constructor(database: Database, rowId: number) {
    this.#database = database;
    this.#rowId = rowId;
  }

  /** The newest first. */
  async changes(): Promise<PlacedChange[]> {
    const rows = await this.#rows(Object.values(eventTypes), maxChanges);
    return this.#database.readable('events', rows, {
      idOf: ({ id }) => id,
      read: (row) => {
        const event = readStoredEvent(row);
        return { id: row.id, event, version: event.dispatch.version, places: placesOf(row) };
      },
    });
  }

  async follows(): Promise<FollowHistory> {
    const rows = await this.#rows([followedType, unfollowedType], maxFollows);
    const listed = await this.#database.query
      .selectFrom('follows')
      .select(['viewer_id', 'version'])
      .where('despacho_id', '=', this.#rowId)
      .execute();
    return new FollowHistory(
      rows.map((row) => ({
        ...{ id: row.id, viewerId: row.actor_id ?? '', begins: row.type === followedType },
        version: followed.parse(JSON.parse(row.payload)).dispatch.version,
        places: placesOf(row),
      })),
      new Map(listed.map((row) => [row.viewer_id, row.version])),
      rows.length === maxFollows,
    );
  }

  #rows(types: readonly string[], limit: number) {
    return this.#database.query
      .selectFrom('events')
      .select(['id', 'type', 'actor_id', 'topics', 'positions', 'payload'])
      .where('despacho_id', '=', this.#rowId)
      .where('type', 'in', types)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }
}

interface FollowChange extends PlacedFollow {
  readonly begins: boolean;
}

/** Who followed the dispatch at each of its changes. */
class FollowHistory {
  readonly #newestFirst: readonly FollowChange[];
  readonly #listed: ReadonlyMap<string, number>;
  readonly #isCut: boolean;
  readonly #byViewer: Map<string, FollowChange[]>;

  /** `listed`: who follows it now, since which version. `isCut`: whether there are older changes than these. */
  constructor(newestFirst: readonly FollowChange[], listed: ReadonlyMap<string, number>, isCut: boolean) {
    this.#newestFirst = newestFirst;
    this.#listed = listed;
    this.#isCut = isCut;
    this.#byViewer = Map.groupBy(newestFirst, ({ viewerId }) => viewerId);
  }

  /** Beginnings of following. */
  get begun(): readonly PlacedFollow[] {
    return this.#newestFirst.filter(({ begins }) => begins);
  }

  /**
   * Whether the viewer followed it when a change was made. Events of one dispatch have ids in their order, and who follows has to
   * cease before they can begin again: so the first thing that they did afterwards says it, or that they follow it still.
   */
  followedAt(viewerId: string, { id, version }: Pick<PlacedEvent, 'id' | 'version'>): boolean {
    if (this.#isCut && id < this.#newestFirst.at(-1)!.id) return false;
    const name = storedName(viewerId);
    const next = this.#byViewer.get(name)?.findLast((change) => change.id > id);
    if (next) return !next.begins;
    return version > (this.#listed.get(name) ?? Infinity);
  }
}

const followed = z.object({ dispatch: z.object({ version: z.number() }) });
const storedTopics = z.array(z.string());
const storedPositions = z.array(z.tuple([z.string(), z.number()]));

function placesOf({ topics, positions }: Pick<EventRow, 'topics' | 'positions'>): Place[] {
  if (positions === null) return [];
  const keys = storedTopics.parse(JSON.parse(topics));
  return storedPositions
    .parse(JSON.parse(positions))
    .map(([epoch, offset], index) => ({ topic: keys[index]!, epoch, offset }));
}
