/** Subscriptions of dispatches: to one dispatch, to the board, and to what a viewer follows. */
import type { SubscriptionResolvers } from '../../generated/resolvers.ts';
import { notFound } from '../../lib/errors.ts';
import { isPossibleId } from '../../schema/input.ts';
import { changesSince } from '../changed-since.ts';
import { partlySince, placeInSnapshot, placeOf } from '../stream-place.ts';
import {
  asyncIterableOf,
  pagesOf,
  type SnapshotItem,
  type SnapshotRequest,
  type SubscriptionSource,
} from '../../realtime/source.ts';
import type { TopicEvent } from '../../realtime/topics/topic.ts';
import type { DispatchRepository } from './dispatch-repository.ts';
import {
  boardFilter,
  boardTopic,
  dispatchTopic,
  type BoardEvent,
  type DispatchEvent,
  type DispatchState,
} from './events.ts';
import { FollowedDispatches, isFollowEvent } from './followed.ts';
import type { Follows } from './follows.ts';
import { formatShownStream, isOnBoard } from './receipts/shown-stream.ts';
import { snapshotOf, updateOf, type DispatchUpdateValue } from './update.ts';

export interface DispatchStreamsDeps {
  readonly dispatches: DispatchRepository;
  readonly follows: Follows;
}

const snapshotItem = (dispatch: DispatchState, since: number | null): SnapshotItem => ({
  toValue: (cursor, position) => snapshotOf(dispatch, placeInSnapshot(cursor, position, partlySince(since))),
  identity: {
    subject: dispatch.id,
    version: dispatch.version,
    at: Date.parse(dispatch.fechaActualizacion),
  },
});

const statesOf = (ids: readonly string[], found: ReadonlyMap<string, DispatchState>): DispatchState[] =>
  ids.flatMap((id) => found.get(id) ?? []);

/** A viewer who has just begun to follow a dispatch is shown its current state. */
const boardValue = (entry: TopicEvent<BoardEvent>, follows: string | null): DispatchUpdateValue => {
  const { event } = entry;
  return isFollowEvent(event)
    ? snapshotOf(event.dispatch, placeOf(entry, null))
    : updateOf(event, placeOf(entry, follows));
};

export function createDispatchSubscriptions(
  deps: DispatchStreamsDeps,
): Pick<SubscriptionResolvers, 'dispatchUpdated' | 'dispatchesUpdated' | 'followedDispatchUpdated'> {
  return {
    dispatchUpdated: oneDispatch(deps),
    dispatchesUpdated: board(deps),
    followedDispatchUpdated: followed(deps),
  };
}

function oneDispatch({ dispatches }: DispatchStreamsDeps): SubscriptionResolvers['dispatchUpdated'] {
  const streamOf = (id: string, after: string | null) =>
    asyncIterableOf<DispatchEvent>(new OneDispatch(dispatches, id, after));
  return {
    subscribe(_root, { id, after }, { loaders }) {
      if (!isPossibleId(id)) throw notFound('dispatch', id);
      // Without `after` the stream begins with the snapshot, which rejects by itself.
      if (after == null) return streamOf(id, null);
      return loaders.dispatch.load(id).then((dispatch) => {
        if (!dispatch) throw notFound('dispatch', id);
        return streamOf(id, after);
      });
    },
  };
}

/** The stream of one dispatch. All who watch the same one share a group, so that of most of them little is ever asked. */
class OneDispatch implements SubscriptionSource<DispatchEvent> {
  readonly after: string | null;
  readonly beginsWithSnapshot = true;
  readonly #dispatches: DispatchRepository;
  readonly #id: string;
  #evidence: string | undefined;

  constructor(dispatches: DispatchRepository, id: string, after: string | null) {
    this.#dispatches = dispatches;
    this.#id = id;
    this.after = after;
  }

  get topic() {
    return dispatchTopic(this.#id);
  }

  get evidence(): string {
    this.#evidence ??= formatShownStream({ field: 'dispatchUpdated', arguments: { id: this.#id } });
    return this.#evidence;
  }

  toValue(entry: TopicEvent<DispatchEvent>, follows: string | null): DispatchUpdateValue {
    return updateOf(entry.event, placeOf(entry, follows));
  }

  async snapshot({ since, signal }: SnapshotRequest): Promise<SnapshotItem[]> {
    const id = this.#id;
    const dispatch = (await this.#dispatches.find([id], signal)).get(id);
    if (!dispatch) throw notFound('dispatch', id);
    return [snapshotItem(dispatch, since)];
  }
}

function board({ dispatches }: DispatchStreamsDeps): SubscriptionResolvers['dispatchesUpdated'] {
  return {
    subscribe: (_root, { estado, prioridad, after }) => {
      const filter = { ...(estado != null && { estado }), ...(prioridad != null && { prioridad }) };
      const hasPrioridad = ({ prioridad: own }: Pick<DispatchState, 'prioridad'>) =>
        prioridad == null || own === prioridad;
      return asyncIterableOf<BoardEvent>({
        topic: boardTopic,
        evidence: formatShownStream({ field: 'dispatchesUpdated', arguments: filter }),
        after: after ?? null,
        beginsWithSnapshot: false,
        filter: boardFilter(estado, prioridad),
        accepts: ({ event }) => !isFollowEvent(event) && isOnBoard(filter, event),
        toValue: boardValue,
        showsChanges: true,
        async snapshot({ since, signal }) {
          if (since === null) return [];
          return changesSince(since, signal, {
            find: (fromMs, limit) => dispatches.changedSince(fromMs, limit),
            // Not filtered by status: which of them entered or left the filter in between is not known.
            isShown: hasPrioridad,
            async read(keys, pageSignal) {
              const ids = keys.map(({ id }) => id);
              const found = await dispatches.findPublished(ids, pageSignal);
              const shown = statesOf(ids, found).filter(hasPrioridad);
              return shown.map((dispatch) => snapshotItem(dispatch, since));
            },
          });
        },
      });
    },
  };
}

function followed({
  dispatches,
  follows,
}: DispatchStreamsDeps): SubscriptionResolvers['followedDispatchUpdated'] {
  return {
    subscribe(_root, { after }, { viewer }) {
      const viewerId = viewer.id;
      const list = new FollowedDispatches(viewerId);
      const renewList = async ({ position, signal }: Pick<SnapshotRequest, 'position' | 'signal'>) => {
        const listed = await follows.followedBy(viewerId);
        // Somebody may have begun anew meanwhile, with a newer list.
        signal.throwIfAborted();
        list.replaceList(listed, position);
        return [...listed.keys()];
      };
      return asyncIterableOf<BoardEvent>({
        topic: boardTopic,
        evidence: formatShownStream({ field: 'followedDispatchUpdated', arguments: {} }),
        after: after ?? null,
        personalTo: viewerId,
        beginsWithSnapshot: true,
        // What a viewer follows is not known where an event is appended.
        filter: null,
        observe: (entry) => list.note(entry),
        accepts(entry) {
          // `observe` is not called for changes of the list that happened before the group began. Those come here, in the
          // replay from `after`, ahead of the events that follow them.
          list.note(entry);
          if (list.isDecided(entry)) return list.shows(entry);
          return follows.followedBy(viewerId).then((listed) => {
            list.decide(entry, listed);
            return list.shows(entry);
          });
        },
        toValue: boardValue,
        async renew(request) {
          await renewList(request);
        },
        async snapshot({ position, since, signal }) {
          // The list is replaced before the states are read: an event that was judged by the old list is then older than they.
          const ids = await renewList({ position, signal });
          return pagesOf(ids, async (some, pageSignal) => {
            const states = statesOf(some, await dispatches.find(some, pageSignal));
            return states.map((dispatch) => snapshotItem(dispatch, since));
          });
        },
      });
    },
  };
}
