/** The stream on which the crew of an ambulance hears of its assignments. */
import type { AssignmentChange as ShownChange, SubscriptionResolvers } from '../../../generated/resolvers.ts';
import { forbidden } from '../../../lib/errors.ts';
import { createCursorFormat } from '../../../realtime/cursors/cursor.ts';
import type { CursorKeys } from '../../../realtime/cursors/cursor-keys.ts';
import { asyncIterableOf, type SnapshotItem } from '../../../realtime/source.ts';
import type { StreamPlace } from '../../stream-place.ts';
import { partlySince, placeInSnapshot, placeOf } from '../../stream-place.ts';
import type { DispatchRepository } from '../dispatch-repository.ts';
import type { DispatchState } from '../events.ts';
import { formatShownStream } from '../receipts/shown-stream.ts';
import { assignmentTopic, subjectOf, type AssignmentEvent } from './assignment.ts';
import type { AssignmentState } from './assignment-state.ts';
import type { AssignmentReader } from './assignment-reader.ts';

/** What the fields of AssignmentOffer are taken from. */
export interface AssignmentOfferValue extends StreamPlace {
  readonly change: ShownChange;
  readonly assignment: AssignmentState;
  readonly dispatch: DispatchState;
  readonly timestamp: string;
}

export interface OfferDeps {
  readonly assignmentReader: AssignmentReader;
  readonly dispatches: Pick<DispatchRepository, 'findPublished'>;
  readonly cursorKeys: CursorKeys;
}

/** What was committed before may be dated a little later, milliseconds. */
const slackMs = 30_000;

const offerOf = (
  { change, assignment, dispatch, timestamp }: AssignmentEvent,
  place: StreamPlace,
): AssignmentOfferValue => ({ ...place, change, assignment, dispatch, timestamp });

const snapshotItem = (
  assignment: AssignmentState,
  dispatch: DispatchState,
  since: number | null,
): SnapshotItem => ({
  toValue: (cursor, position): AssignmentOfferValue => ({
    ...placeInSnapshot(cursor, position, partlySince(since)),
    ...(assignment.endedAt === null
      ? { change: 'SNAPSHOT', timestamp: assignment.assignedAt }
      : { change: 'ENDED', timestamp: assignment.endedAt }),
    assignment,
    dispatch,
  }),
  identity: { subject: subjectOf(assignment), version: assignment.revision },
});

export function createOfferStream({
  assignmentReader: reader,
  dispatches,
  cursorKeys,
}: OfferDeps): SubscriptionResolvers['assignmentOffered'] {
  /** The client has what lies before the cursor that it sends, over whatever way it came; one that was made up proves nothing. */
  const prove = async (ambulanciaId: string, after: string) => {
    const cursor = createCursorFormat(assignmentTopic(ambulanciaId).key, cursorKeys).parse(after);
    if (cursor && cursor.at !== null) await reader.proveBy(ambulanciaId, cursor);
  };
  return {
    async subscribe(_root, { after }, { viewer }) {
      const { ambulanciaId } = viewer;
      if (ambulanciaId === null) throw forbidden('Your token names no ambulance.');
      if (after != null) await prove(ambulanciaId, after);
      return asyncIterableOf<AssignmentEvent>({
        topic: assignmentTopic(ambulanciaId),
        evidence: formatShownStream({ field: 'assignmentOffered', arguments: {} }),
        after: after ?? null,
        crewOf: ambulanciaId,
        beginsWithSnapshot: true,
        tellsMissed: true,
        toValue: (entry, follows) => offerOf(entry.event, placeOf(entry, follows)),
        async snapshot({ since, signal }) {
          // Nothing else tells the crew that what it holds has ended, least of all where there is nothing more to do.
          const ended = since === null ? [] : await reader.endedSince(ambulanciaId, since - slackMs);
          const shown = [...ended, ...(await reader.openOf(ambulanciaId))];
          const found = await dispatches.findPublished(
            shown.map(({ despachoId }) => despachoId),
            signal,
          );
          return shown.flatMap((assignment) => {
            const dispatch = found.get(assignment.despachoId);
            // One that a process of the release before this one has given to another ambulance is nobody's.
            const isPresent = assignment.endedAt !== null || dispatch?.ambulancia?.id === ambulanciaId;
            return dispatch && isPresent ? [snapshotItem(assignment, dispatch, since)] : [];
          });
        },
      });
    },
  };
}
