/** The newest of the events that were relayed, with where they stand in the event log; and to have some of them relayed again. */
import { z } from 'zod';
import type { Database } from '../database.ts';
import { eventIdOf } from './event-id.ts';

/** One event in one of its topics. */
export interface RelayedEvent {
  /** Of its row. */
  readonly row: number;
  readonly topic: string;
  /** What it is called in the event log. */
  readonly id: string;
  readonly position: { readonly epoch: string; readonly offset: number };
}

const topicKeys = z.array(z.string());
const places = z.array(z.tuple([z.string(), z.number()]));

export interface RelayedPage {
  readonly events: readonly RelayedEvent[];
  /** The next page is before this row; null where there is none. */
  readonly before: number | null;
}

/** The newest rows first; those of a page, in each of their topics. */
export async function readRelayed(
  { query }: Pick<Database, 'query'>,
  before: number | null,
  limit: number,
): Promise<RelayedPage> {
  const rows = await query
    .selectFrom('events')
    .select(['id', 'at', 'topics', 'positions'])
    .where('positions', 'is not', null)
    .$if(before !== null, (select) => select.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  const events = rows.flatMap(({ id: row, at, topics, positions }) => {
    const stands = places.parse(JSON.parse(positions!));
    return topicKeys.parse(JSON.parse(topics)).flatMap((topic, index): RelayedEvent[] => {
      const place = stands[index];
      if (!place) return [];
      return [
        { row, topic, id: eventIdOf({ id: row, at }), position: { epoch: place[0], offset: place[1] } },
      ];
    });
  });
  return { events, before: rows.length < limit ? null : rows.at(-1)!.id };
}

export async function relayAgain({ query }: Pick<Database, 'query'>, rows: readonly number[]): Promise<void> {
  await query
    .updateTable('events')
    .set({ relayed_at: null, positions: null })
    .where('id', 'in', rows)
    .execute();
}
