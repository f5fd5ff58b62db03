/** Events of messages: their topics, their shape in the log, and how they are read back. */
import { z } from 'zod';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { Topic, TopicKind } from '../../realtime/topics/topic.ts';

const messageState = z.object({
  /** Numeric; grows with every message. */
  id: z.string(),
  channel: z.string(),
  message: z.string(),
  senderId: z.string().transform(oneSpelling),
  timestamp: z.string(),
});
/** A message as its event carries it. */
export type MessageState = Readonly<z.infer<typeof messageState>>;

const messageKind: TopicKind<MessageState> = {
  name: 'message',
  parse: (data) => messageState.parse(data),
  identify: (event) => ({ subject: event.id, version: 1 }),
};

/** The messages of one channel. */
export const messageTopic = (channel: string): Topic<MessageState> => ({
  key: `message:${channel}`,
  kind: messageKind,
});
