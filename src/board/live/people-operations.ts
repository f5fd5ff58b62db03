/** The GraphQL operations about people who are online, and the types of their results. */

export type UserStatus = 'ONLINE' | 'AWAY' | 'BUSY' | 'OFFLINE';

export interface OnlineUser {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
  readonly status: UserStatus;
  readonly connectionCount: number;
}

export interface OnlineAnswer {
  readonly onlineUsers: readonly OnlineUser[];
}

export const onlineQuery = `
  query Online($limit: Int!) {
    onlineUsers(limit: $limit) { id name role status connectionCount }
  }`;

export interface Presence {
  readonly cursor: string;
  readonly isOnline: boolean;
  readonly status: UserStatus;
  readonly user: Pick<OnlineUser, 'id' | 'name' | 'role' | 'connectionCount'>;
}

export const presenceSubscription = `
  subscription Presence($after: Cursor) {
    presenceChanged(after: $after) { cursor isOnline status user { id name role connectionCount } }
  }`;
