/** Fields of assignments, and the mutations with which they are seen and answered. */
import type { MutationResolvers, Resolvers } from '../../../generated/resolvers.ts';
import { parseOptionalText } from '../../../schema/input.ts';
import { mutationKeyOf } from '../../../schema/mutation-key.ts';
import { mayUpdateEveryDispatch } from '../../../schema/permissions.ts';
import { propertiesOf } from '../../../schema/properties.ts';
import type { ViewerContext } from '../../../schema/context.ts';
import type { AssignmentState } from './assignment-state.ts';
import type { Assignments } from './assignments.ts';
import type { AssignmentOfferValue } from './offers.ts';

const maxReasonLength = 500;

/** Who it is that says something of an assignment. */
const byViewer = ({ viewer }: Pick<ViewerContext, 'viewer'>) => ({
  actorId: viewer.id,
  ambulanciaId: viewer.ambulanciaId,
  isAnybody: mayUpdateEveryDispatch(viewer),
});

export function createAssignmentMutations(
  assignments: Assignments,
): Pick<MutationResolvers, 'answerAssignment' | 'seeAssignment'> {
  return {
    answerAssignment: (_root, args, context, info) =>
      assignments.answer({
        ...byViewer(context),
        ...{ despachoId: args.id, assignmentId: args.assignmentId ?? null, accept: args.accept },
        reason: parseOptionalText('reason', args.reason, maxReasonLength),
        key: mutationKeyOf(args, context, info),
      }),
    seeAssignment: (_root, args, context, info) =>
      assignments.see({
        ...byViewer(context),
        ...{ despachoId: args.id, assignmentId: args.assignmentId ?? null },
        key: mutationKeyOf(args, context, info),
      }),
  };
}

export const assignmentFields: Pick<Resolvers, 'Assignment' | 'AssignmentOffer'> = {
  Assignment: {
    ...propertiesOf<AssignmentState>()(
      ...([
        'id',
        'despachoId',
        'ambulancia',
        'assignedBy',
        'assignedAt',
        'seenAt',
        'answer',
        'answeredAt',
        'answeredBy',
        'reason',
        'deadline',
        'level',
        'nextLevelAt',
        'endedAt',
      ] as const),
    ),
    deliveredAt: async ({ id }, _args, { loaders }) => (await loaders.delivery.load(id))?.deliveredAt ?? null,
    delivery: async ({ id }, _args, { loaders }) => (await loaders.delivery.load(id))?.state ?? 'NOT_YET',
  },
  AssignmentOffer: {
    ...propertiesOf<AssignmentOfferValue>()(
      'cursor',
      'change',
      'assignment',
      'dispatch',
      'timestamp',
      'position',
      'follows',
      'recovered',
    ),
  },
};
