/** How a user is seen: with the status they chose, or as OFFLINE while they have no connection. */
import type { StreamPlace } from '../stream-place.ts';
import type { Session, Sessions } from '../../stores/sessions/sessions.ts';
import type { Presence } from '../../stores/presence/presence.ts';
import { userStatuses, type UserStatus, type UserStatusEvent } from './events.ts';

/** A user as other types refer to it; its fields are loaded when they are asked for. */
export interface UserReference {
  readonly id: string;
}

/** What the fields of UserStatusChange are taken from. */
export interface UserStatusChangeValue extends UserStatusEvent, StreamPlace {
  readonly snapshot: boolean;
}

/** Who never chose a status is seen as ONLINE. */
export function chosenStatus(session: Pick<Session, 'status'> | null | undefined): UserStatus {
  return userStatuses.find((status) => status === session?.status) ?? 'ONLINE';
}

/** The status of a user, given whether they are connected, and their session. */
export function visibleStatus(
  isOnline: boolean,
  session: Pick<Session, 'status'> | null | undefined,
): UserStatus {
  return isOnline ? chosenStatus(session) : 'OFFLINE';
}

export interface StatusStores {
  readonly presence: Presence;
  readonly sessions: Sessions;
}

/** The current status of users, in the form of events without a previous status. */
export async function readStatuses(
  { presence, sessions }: StatusStores,
  userIds: readonly string[],
  timestamp: string,
): Promise<UserStatusEvent[]> {
  const [present, known] = await Promise.all([presence.find(userIds), sessions.getMany(userIds)]);
  return userIds.map((userId) => {
    const status = visibleStatus(present.has(userId), known.get(userId));
    return { userId, status, previousStatus: null, isOnline: status !== 'OFFLINE', timestamp };
  });
}
