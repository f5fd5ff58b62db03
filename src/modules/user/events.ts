/** Events of users: their topics, their shape in the log, and how they are read back. */
import { z } from 'zod';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { Topic, TopicKind } from '../../realtime/topics/topic.ts';

export const userStatuses = ['ONLINE', 'AWAY', 'BUSY', 'OFFLINE'] as const;
export type UserStatus = (typeof userStatuses)[number];

const userStatusEvent = z.object({
  userId: z.string().transform(oneSpelling),
  status: z.enum(userStatuses),
  previousStatus: z.enum(userStatuses).nullable(),
  isOnline: z.boolean(),
  timestamp: z.string(),
});
/** A user came, went, or chose another status. */
export type UserStatusEvent = Readonly<z.infer<typeof userStatusEvent>>;

const kind = (name: string): TopicKind<UserStatusEvent> => ({
  name,
  parse: (data) => userStatusEvent.parse(data),
  // A snapshot of users contains what happened up to its time, so time serves as the version.
  identify: (event) => ({ subject: event.userId, version: Date.parse(event.timestamp) }),
});
const userKind = kind('user');
const usersKind = kind('users');

/** The status of one user. */
export const userTopic = (id: string): Topic<UserStatusEvent> => ({ key: `user:${id}`, kind: userKind });

/** The status of every user. */
export const usersTopic: Topic<UserStatusEvent> = { key: 'users', kind: usersKind };
