/** Messages in our own database, wherever dispatches live. */
import type { Database } from '../../db/database.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedText } from '../../db/stored-text.ts';
import type { MessageRow } from '../../db/tables.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { messageTopic, type MessageState } from './events.ts';

export class SqlMessageRepository {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
  }

  broadcast(channel: string, message: string, senderId: string): Promise<MessageState> {
    const values = {
      channel: storedText(channel),
      message: storedText(message),
      sender_id: storedText(senderId),
    };
    return this.#database.change(async (change) => {
      await change.lockChannel(values.channel);
      const at = storedDate(this.#clock.now());
      const { id } = await change.query
        .insertInto('messages')
        .values({ ...values, at })
        .returning('id')
        .executeTakeFirstOrThrow();
      const sent = toState({ ...values, id, at });
      await change.writeEvent({
        type: 'message.broadcast',
        despachoId: null,
        actorId: sent.senderId,
        at,
        topics: [messageTopic(sent.channel).key],
        payload: sent,
      });
      return sent;
    });
  }

  /** The last messages of a channel, newest first. */
  async history(channel: string, limit: number): Promise<MessageState[]> {
    const rows = await this.#database.query
      .selectFrom('messages')
      .selectAll()
      .where('channel', '=', storedText(channel))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toState);
  }

  /** The messages of a channel sent at `sinceMs` or later, by ascending id, after `afterId`. */
  async since(
    channel: string,
    sinceMs: number,
    afterId: string | null,
    limit: number,
  ): Promise<MessageState[]> {
    const rows = await this.#database.query
      // Materialized, since a planner may else walk through the whole channel by id to find the few recent messages.
      .with(
        (cte) => cte('recent').materialized(),
        (query) =>
          query
            .selectFrom('messages')
            .selectAll()
            .where('channel', '=', storedText(channel))
            .where('at', '>=', storedDate(sinceMs)),
      )
      .selectFrom('recent')
      .selectAll()
      .where('id', '>', afterId === null ? 0 : (readRowId(afterId) ?? 0))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(toState);
  }
}

function toState({ id, channel, message, sender_id, at }: MessageRow): MessageState {
  return { id: String(id), channel, message, senderId: sender_id, timestamp: at };
}
