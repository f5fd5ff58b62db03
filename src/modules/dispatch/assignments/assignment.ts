/** What changes of dispatches say of assignments, and the topic on which the crew of an ambulance hears of it. */
import { z } from 'zod';
import type { Topic } from '../../../realtime/topics/topic.ts';
import { dispatchState } from '../events.ts';
import { assignmentState, isoDate, type AssignmentState } from './assignment-state.ts';

const assignmentChanges = ['OFFERED', 'ESCALATED', 'SEEN', 'ANSWERED', 'ENDED'] as const;
export type AssignmentChange = (typeof assignmentChanges)[number];

const toldChange = z.object({
  change: z.enum(assignmentChanges),
  assignment: assignmentState,
});
/** What the crew of an ambulance is told of its assignment. */
export type ToldChange = Readonly<z.infer<typeof toldChange>>;

/** An event of a dispatch that says something of assignments; of those of two ambulances, where one takes over from the other. */
const tellingEvent = z.object({ dispatch: dispatchState, told: z.array(toldChange), timestamp: isoDate });

/** A change of an assignment, with the dispatch as the change left it. */
export interface AssignmentEvent extends ToldChange, Omit<z.infer<typeof tellingEvent>, 'told'> {}

/** What its snapshots and events are about: not to be taken for a dispatch, whose subject is its id alone. */
export const subjectOf = ({ id }: Pick<AssignmentState, 'id'>): string => `assignment:${id}`;

export const assignmentTopicKey = (ambulanciaId: string): string => `assignment:${ambulanciaId}`;

/** Throws when nothing is said of the ambulance. */
function parseAssignmentEvent(data: unknown, ambulanciaId: string): AssignmentEvent {
  const { told, ...about } = tellingEvent.parse(data);
  const own = told.find(({ assignment }) => assignment.ambulancia.id === ambulanciaId);
  if (!own) throw new Error(`The event says nothing of the ambulance ${ambulanciaId}.`);
  return { ...about, ...own };
}

/** What the crew of one ambulance is to know of its assignments. */
export const assignmentTopic = (ambulanciaId: string): Topic<AssignmentEvent> => ({
  key: assignmentTopicKey(ambulanciaId),
  kind: {
    name: 'assignment',
    parse: (data) => parseAssignmentEvent(data, ambulanciaId),
    identify: ({ assignment }) => ({ subject: subjectOf(assignment), version: assignment.revision }),
  },
});
