/** Fields of messages: to send one, and to read and watch a channel. */
import type {
  MutationResolvers,
  QueryResolvers,
  Recovery,
  Resolvers,
  SubscriptionResolvers,
} from '../../generated/resolvers.ts';
import { parseLimit } from '../../schema/input.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { propertiesOf } from '../../schema/properties.ts';
import { msSince, type Clock } from '../../lib/clock.ts';
import { changesSince } from '../changed-since.ts';
import { noPlace, placeInSnapshot, placeOf } from '../stream-place.ts';
import { asyncIterableOf, type SnapshotItem } from '../../realtime/source.ts';
import { broadcastOf, parseChannel, parseMessage, type MessageBroadcastValue } from './broadcast.ts';
import { checkReader, checkWriter } from './dispatch-channels.ts';
import { messageTopic, type MessageState } from './events.ts';
import type { SqlMessageRepository } from './message-repository-sql.ts';

export interface MessageDeps {
  readonly messages: SqlMessageRepository;
  /** The largest `limit` of a list. */
  readonly maxPageSize: number;
  readonly clock: Clock;
  /** How long messages are kept, milliseconds. */
  readonly messageRetentionMs: number;
}

export function createMessageResolvers(deps: MessageDeps): Pick<Resolvers, 'MessageBroadcast'> & {
  readonly Query: Pick<QueryResolvers, 'channelHistory'>;
  readonly Mutation: Pick<MutationResolvers, 'broadcastMessage'>;
  readonly Subscription: Pick<SubscriptionResolvers, 'messageBroadcast'>;
} {
  const { messages, maxPageSize: max } = deps;
  return {
    Query: {
      async channelHistory(_root, args, { loaders, signal }) {
        const channel = parseChannel(args.channel);
        const limit = parseLimit(args.limit, { fallback: 50, max });
        await checkReader(channel, loaders);
        const history = await messages.history(channel, limit, signal);
        return history.map((message) => broadcastOf(message, noPlace));
      },
    },
    Mutation: {
      async broadcastMessage(_root, args, context, info) {
        const { viewer, loaders } = context;
        const channel = parseChannel(args.channel);
        const message = parseMessage(args.message);
        const key = mutationKeyOf(args, context, info);
        // What was sent was allowed then, whoever is of the crew now.
        const sent = await messages.recall(key);
        if (sent) return broadcastOf(sent, noPlace);
        await checkWriter(channel, viewer, loaders);
        return broadcastOf(await messages.broadcast(channel, message, viewer.id, key), noPlace);
      },
    },
    Subscription: { messageBroadcast: messageBroadcast(deps) },
    MessageBroadcast: {
      ...propertiesOf<MessageBroadcastValue>()(
        'id',
        'channel',
        'message',
        'senderId',
        'timestamp',
        'cursor',
        'position',
        'follows',
        'recovered',
      ),
      sender: ({ senderId }) => ({ id: senderId }),
    },
  };
}

const snapshotItem = (message: MessageState, recovered: Recovery): SnapshotItem => ({
  toValue: (cursor, position) => broadcastOf(message, placeInSnapshot(cursor, position, recovered)),
  identity: { subject: message.id, version: 1, at: Date.parse(message.timestamp) },
});

function messageBroadcast({
  messages,
  clock,
  messageRetentionMs,
}: MessageDeps): SubscriptionResolvers['messageBroadcast'] {
  return {
    async subscribe(_root, args, { loaders }) {
      const channel = parseChannel(args.channel);
      await checkReader(channel, loaders);
      return asyncIterableOf<MessageState>({
        topic: messageTopic(channel),
        after: args.after ?? null,
        beginsWithSnapshot: false,
        toValue: (entry, follows): MessageBroadcastValue => broadcastOf(entry.event, placeOf(entry, follows)),
        showsChanges: true,
        async snapshot({ since, signal }) {
          if (since === null) return [];
          const recovered = msSince(since, clock.now()) < messageRetentionMs ? 'COMPLETE' : 'PARTIAL';
          return changesSince(since, signal, {
            find: (fromMs, limit) => messages.idsSince(channel, fromMs, limit),
            read: async (ids) =>
              (await messages.find(ids)).map((message) => snapshotItem(message, recovered)),
          });
        },
      });
    },
  };
}
