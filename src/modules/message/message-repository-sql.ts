/** Messages in our own database, wherever dispatches live. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { queryByIds, readRowIds } from '../../db/row-id.ts';
import { readStored } from '../../db/mutations/stored-effect.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName, storedText } from '../../db/stored-text.ts';
import type { MessageRow, Tables } from '../../db/tables.ts';
import type { Clock } from '../../lib/clock.ts';
import { notFound } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import { messageTopic, type MessageState } from './events.ts';

/** A message to send. */
export interface NewMessage {
  readonly channel: string;
  readonly message: string;
  readonly senderId: string;
}

interface MessageEffect {
  readonly messageId: number;
}

export interface SqlMessageRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
}

export class SqlMessageRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: MutationKeys;

  constructor({ database, clock, keys }: SqlMessageRepositoryOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
  }

  /** The message that was sent with this key; null when there was none. */
  async recall(key: MutationKey | null): Promise<MessageState | null> {
    const kept = key && (await this.#keys.recall(key));
    return kept?.state === 'done' ? readKept(kept.effect as MessageEffect, this.#database.query) : null;
  }

  /** With a key it is sent once: who asks for it again gets the first message. */
  broadcast(
    channel: string,
    message: string,
    senderId: string,
    key: MutationKey | null = null,
  ): Promise<MessageState> {
    const run = async (change: Change) => (await this.write(change, [{ channel, message, senderId }]))[0]!;
    const effectOf = ({ id }: MessageState): MessageEffect => ({ messageId: Number(id) });
    return this.#keys.change(key, { run, effectOf, recall: readKept });
  }

  /** Sends messages as a part of another change, in this order. */
  async write(change: Change, messages: readonly NewMessage[]): Promise<MessageState[]> {
    if (messages.length === 0) return [];
    const values = messages.map(({ channel, message, senderId }) => ({
      channel: storedText(channel),
      message: storedText(message),
      sender_id: storedName(senderId),
    }));
    // In one order, so that no two changes wait for each other.
    for (const channel of [...new Set(values.map(({ channel: name }) => name))].sort())
      await change.lockChannel(channel);
    const at = storedDate(this.#clock.now());
    const rows = await change.query
      .insertInto('messages')
      .values(values.map((value) => ({ ...value, at })))
      .returning('id')
      .execute();
    // They are numbered in the order of the values, and may be returned in any.
    const ids = rows.map(({ id }) => id).sort((one, other) => one - other);
    const sent = values.map((value, index) => toState({ ...value, id: ids[index]!, at }));
    await change.writeEvents(
      sent.map((one) => ({
        ...{ type: 'message.broadcast', despachoId: null, actorId: one.senderId, at, payload: one },
        topics: [messageTopic(one.channel).key],
      })),
    );
    return sent;
  }

  /** The last messages of a channel, newest first. */
  async history(channel: string, limit: number, signal?: AbortSignal): Promise<MessageState[]> {
    const last = this.#database.query
      .selectFrom('messages')
      .selectAll()
      .where('channel', '=', storedText(channel))
      .orderBy('id', 'desc')
      .limit(limit);
    return (await this.#database.read(last.compile(), signal)).map(toState);
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

const effectForm = z.object({ messageId: z.number() });

async function readKept(effect: MessageEffect, query: Kysely<Tables>): Promise<MessageState> {
  const { messageId } = readStored('what this mutation did', effectForm, effect);
  const row = await query.selectFrom('messages').selectAll().where('id', '=', messageId).executeTakeFirst();
  // Messages are kept for longer than keys, unless somebody deletes them by hand.
  if (!row) throw notFound('message', String(messageId));
  return toState(row);
}

function toState({ id, channel, message, sender_id, at }: MessageRow): MessageState {
  return { id: String(id), channel, message, senderId: sender_id, timestamp: at };
}
