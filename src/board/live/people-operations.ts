/** The GraphQL operations about people who are online, and the types of their results. */
import { operation } from './operation.ts';

export type UserStatus = 'ONLINE' | 'AWAY' | 'BUSY' | 'OFFLINE';

export interface OnlineUser {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
  readonly status: UserStatus;
  readonly connectionCount: number;
}

export const onlineQuery = operation<
  { readonly onlineUsers: readonly OnlineUser[] },
  { readonly limit: number }
>(`
  query Online($limit: Int!) {
    onlineUsers(limit: $limit) { id name role status connectionCount }
  }`);

export interface Presence {
  readonly isOnline: boolean;
  readonly status: UserStatus;
  readonly user: Pick<OnlineUser, 'id' | 'name' | 'role' | 'connectionCount'>;
}

export const presenceSubscription = operation<{ readonly presenceChanged: Presence }, object>(`
  subscription Presence {
    presenceChanged { isOnline status user { id name role connectionCount } }
  }`);
