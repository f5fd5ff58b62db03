/** Messages in our own database, wherever dispatches live. */
import type { Database } from '../../db/database.ts';
import { queryByIds, readRowIds } from '../../db/row-id.ts';
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

  /** The ids of at most `limit` messages of a channel that were sent at `sinceMs` or later, ascending. */
  async idsSince(channel: string, sinceMs: number, limit: number): Promise<string[]> {
    const rows = await this.#database.query
      .selectFrom('messages')
      .select('id')
      .where('channel', '=', storedText(channel))
      .where('at', '>=', storedDate(sinceMs))
      // In the order of the index, so that no planner walks through the whole channel to find the few recent messages.
      .orderBy('at')
      .limit(limit)
      .execute();
    return rows.sort((one, other) => one.id - other.id).map(({ id }) => String(id));
  }

  /** Those that exist, by ascending id. */
  async find(ids: readonly string[]): Promise<MessageState[]> {
    const rows = await queryByIds(readRowIds(ids), (some) =>
      this.#database.query.selectFrom('messages').selectAll().where('id', 'in', some).orderBy('id').execute(),
    );
    return rows.map(toState);
  }
}

function toState({ id, channel, message, sender_id, at }: MessageRow): MessageState {
  return { id: String(id), channel, message, senderId: sender_id, timestamp: at };
}
