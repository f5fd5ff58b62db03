/** The GraphQL operations with which a dispatcher changes something. Sent over the socket, each is made once: its id is its key. */
import type { Dispatch, Estado } from '../data/dispatch.ts';
import { operation } from './operation.ts';
import { card } from './operations.ts';

export interface DispatchAnswer {
  readonly dispatch: Dispatch;
}

/** `expectedVersion`: the one that the viewer saw. */
interface ChangeVariables {
  readonly id: string;
  readonly expectedVersion: number;
}

type AssignVariables = ChangeVariables & {
  readonly ambulanciaId: string;
  readonly placa: string | null;
};

export const assignMutation = operation<DispatchAnswer, AssignVariables>(`
  mutation Assign($id: ID!, $ambulanciaId: ID!, $placa: String, $expectedVersion: Int!) {
    dispatch: assignDispatch(id: $id, ambulanciaId: $ambulanciaId, placa: $placa, expectedVersion: $expectedVersion) { ...Card }
  }
  ${card}`);

export const moveMutation = operation<DispatchAnswer, ChangeVariables & { readonly estado: Estado }>(`
  mutation Move($id: ID!, $estado: DispatchStatus!, $expectedVersion: Int!) {
    dispatch: updateDispatchStatus(id: $id, estado: $estado, expectedVersion: $expectedVersion) { ...Card }
  }
  ${card}`);

interface AnswerVariables {
  readonly id: string;
  readonly assignmentId: string;
  readonly accept: boolean;
}

/** In the stead of the crew. */
export const answerMutation = operation<DispatchAnswer, AnswerVariables>(`
  mutation Answer($id: ID!, $assignmentId: ID!, $accept: Boolean!) {
    dispatch: answerAssignment(id: $id, assignmentId: $assignmentId, accept: $accept) { ...Card }
  }
  ${card}`);

export const dispatchQuery = operation<DispatchAnswer, { readonly id: string }>(`
  query Dispatch($id: ID!) {
    dispatch(id: $id) { ...Card }
  }
  ${card}`);

export const followMutation = operation<unknown, { readonly id: string }>(
  'mutation Follow($id: ID!) { subscribeToDispatch(id: $id) { id } }',
);
export const unfollowMutation = operation<unknown, { readonly id: string }>(
  'mutation Unfollow($id: ID!) { unsubscribeFromDispatch(id: $id) { id } }',
);

export const sendMutation = operation<unknown, { readonly channel: string; readonly message: string }>(`
  mutation Send($channel: String!, $message: String!) {
    broadcastMessage(channel: $channel, message: $message) { id }
  }`);
