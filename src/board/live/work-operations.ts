/** The GraphQL operations with which a dispatcher changes something. Sent over the socket, each is made once: its id is its key. */
import type { Dispatch } from '../data/dispatch.ts';
import { card } from './operations.ts';

export interface DispatchAnswer {
  readonly dispatch: Dispatch;
}

export const assignMutation = `
  mutation Assign($id: ID!, $ambulanciaId: ID!, $placa: String, $expectedVersion: Int!) {
    dispatch: assignDispatch(id: $id, ambulanciaId: $ambulanciaId, placa: $placa, expectedVersion: $expectedVersion) { ...Card }
  }
  ${card}`;

export const moveMutation = `
  mutation Move($id: ID!, $estado: DispatchStatus!, $expectedVersion: Int!) {
    dispatch: updateDispatchStatus(id: $id, estado: $estado, expectedVersion: $expectedVersion) { ...Card }
  }
  ${card}`;

export const dispatchQuery = `
  query Dispatch($id: ID!) {
    dispatch(id: $id) { ...Card }
  }
  ${card}`;

export const followMutation = 'mutation Follow($id: ID!) { subscribeToDispatch(id: $id) { id } }';
export const unfollowMutation = 'mutation Unfollow($id: ID!) { unsubscribeFromDispatch(id: $id) { id } }';

export const sendMutation = `
  mutation Send($channel: String!, $message: String!) {
    broadcastMessage(channel: $channel, message: $message) { id }
  }`;
