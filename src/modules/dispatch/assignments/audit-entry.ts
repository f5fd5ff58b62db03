/** The audit trail's entry of what was done with an assignment; that it was offered or has ended, the entry of its dispatch says. */
import type { Change, StoredEvent } from '../../../db/change.ts';
import { storedName } from '../../../db/stored-text.ts';
import type { AssignmentState } from './assignment-state.ts';

const types = {
  ANSWERED: 'assignment.answered',
  SEEN: 'assignment.seen',
  ESCALATED: 'assignment.escalated',
} as const;

export interface EntryOptions {
  readonly actorId: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Whether somebody else did it in the stead of the crew. */
  readonly inStead: boolean;
}

/** No topic has it: the event of the dispatch, which is written beside it, is what subscribers are shown. */
export function writeAssignmentEntry(
  change: Change,
  kind: keyof typeof types,
  assignment: AssignmentState,
  options: EntryOptions,
): Promise<void> {
  return change.writeEvent(assignmentEntry(kind, assignment, options));
}

export const assignmentEntry = (
  kind: keyof typeof types,
  assignment: AssignmentState,
  { actorId, at, inStead }: EntryOptions,
): StoredEvent => ({
  ...{ type: types[kind], actorId: storedName(actorId), at, topics: [] },
  despachoId: Number(assignment.despachoId),
  payload: { assignment, inStead },
});
