/** The newest of the events that were relayed, with where they stand in the event log. */
import { z } from 'zod';
import type { Database } from '../database.ts';
import type { EventRow } from '../tables.ts';
import { eventIdOf } from './event-id.ts';
import { parseTopics } from './stored-topics.ts';

/** One event in one of its topics. */
export interface RelayedEvent {
  readonly topic: string;
  /** What it is called in the event log. */
  readonly id: string;
  readonly position: { readonly epoch: string; readonly offset: number };
  /** When it was appended there, milliseconds since the Unix epoch. */
  readonly at: number;
}

const places = z.array(z.tuple([z.string(), z.number()]));

export interface RelayedPage {
  readonly events: readonly RelayedEvent[];
  /** The next page is before this row; null where there is none. */
  readonly before: number | null;
}

/** What was relayed, as the record has it. */
export interface RelayedRecord {
  /** At most so many rows before this one, the newest first. */
  read(before: number | null, limit: number): Promise<RelayedPage>;
}

/** A row that was relayed. */
export type RelayedRow = Pick<EventRow, 'id' | 'at' | 'topics' | 'relayed_at' | 'positions'>;

/** A page of at most `limit` rows, the newest first: each in each of its topics. */
export function relayedPage(rows: readonly RelayedRow[], limit: number): RelayedPage {
  const events = rows.flatMap(({ id: number, at, topics, relayed_at: relayedAt, positions }) => {
    const stands = places.parse(JSON.parse(positions!));
    return parseTopics(topics).flatMap((topic, index): RelayedEvent[] => {
      const place = stands[index];
      if (!place) return [];
      const [epoch, offset] = place;
      const id = eventIdOf({ id: number, at });
      return [{ topic, id, position: { epoch, offset }, at: Date.parse(relayedAt!) }];
    });
  });
  return { events, before: rows.length < limit ? null : rows.at(-1)!.id };
}

/** What a database has of it. */
export const relayedIn = ({ query }: Pick<Database, 'query'>): RelayedRecord => ({
  async read(before, limit) {
    const rows = await query
      .selectFrom('events')
      .select(['id', 'at', 'topics', 'relayed_at', 'positions'])
      .where('positions', 'is not', null)
      .$if(before !== null, (select) => select.where('id', '<', before!))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return relayedPage(rows, limit);
  },
});
