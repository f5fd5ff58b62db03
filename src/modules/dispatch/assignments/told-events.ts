/** Where in the topics of ambulances the crews of some dispatches were told of their assignments. */
import { z } from 'zod';
import type { Database } from '../../../db/database.ts';
import { queryByIds } from '../../../db/row-id.ts';
import type { EventRow } from '../../../db/tables.ts';
import { eventTypes } from '../change.ts';
import { assignmentTopicKey } from './assignment.ts';

/** An event of the topic of an ambulance. */
export interface ToldAt {
  readonly assignmentId: string;
  readonly change: string;
  readonly topic: string;
  readonly epoch: string;
  readonly offset: number;
  /** When it happened, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Of changes that are still kept, and were relayed. */
export async function readTold(
  { query }: Pick<Database, 'query'>,
  despachoIds: readonly number[],
): Promise<ToldAt[]> {
  const rows = await queryByIds([...new Set(despachoIds)], (some) =>
    query
      .selectFrom('events')
      .select(['at', 'topics', 'payload', 'positions'])
      .where('despacho_id', 'in', some)
      .where('type', 'in', Object.values(eventTypes))
      .where('positions', 'is not', null)
      .execute(),
  );
  return rows.flatMap(toldIn);
}

const telling = z.object({
  told: z
    .array(
      z.object({
        change: z.string(),
        assignment: z.object({ id: z.string(), ambulancia: z.object({ id: z.string() }) }),
      }),
    )
    .default([]),
});
const storedTopics = z.array(z.string());
const storedPositions = z.array(z.tuple([z.string(), z.number()]));

function toldIn({ at, topics, payload, positions }: ToldRow): ToldAt[] {
  const { told } = telling.parse(JSON.parse(payload));
  if (told.length === 0) return [];
  const keys = storedTopics.parse(JSON.parse(topics));
  const places = storedPositions.parse(JSON.parse(positions!));
  return told.flatMap(({ change, assignment }) => {
    const topic = assignmentTopicKey(assignment.ambulancia.id);
    const place = places[keys.indexOf(topic)];
    if (!place) return [];
    const [epoch, offset] = place;
    return [{ assignmentId: assignment.id, change, topic, epoch, offset, at: Date.parse(at) }];
  });
}

type ToldRow = Pick<EventRow, 'at' | 'topics' | 'payload' | 'positions'>;
