/** What a client without a cursor watches, and how what it is shown is read as a version of something. */
import {
  dispatchesUpdated,
  dispatchUpdated,
  followedDispatchUpdated,
  locationUpdated,
  type Update,
} from '../support/operations.ts';
import type { Message } from '../support/unaware-client.ts';
import type { Sight, StreamKind } from './story.ts';

export interface Watched {
  readonly kind: StreamKind;
  readonly payload: { readonly query: string; readonly variables: Record<string, unknown> };
  /** Reads the value of the only root field. */
  readonly read: (value: never) => Sight;
}

/** Messages are numbered, and so are positions: a position has its number as its latitude. */
export const messagesId = 'messages';
export const positionsId = 'positions';
export const latitudeOf = (number: number): number => number / 10_000;

/** A position begins with when its log did. */
const logOf = (position: string): string => position.split('-', 1)[0]!;
/** The same operation, which asks for the positions of what it is shown as well: no client has to. */
const withPosition = (query: string): string => query.replace(/(?= } }$)/, ' position');

const readUpdate = ({ changeType, position, dispatch: { id, version } }: Placed<Update>): Sight => ({
  ...{ id, version, isSnapshot: changeType === 'SNAPSHOT', log: logOf(position) },
});

type Placed<T> = T & { readonly position: string };

const messageBroadcast =
  'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message recovered position } }';

const readMessage = ({
  message,
  recovered,
  position,
}: Placed<Message & { readonly recovered: string | null }>): Sight => ({
  ...{ id: messagesId, version: Number(message), isSnapshot: recovered !== null, log: logOf(position) },
});

interface Position {
  readonly snapshot: boolean;
  /** Null before the first one. */
  readonly location: { readonly latitud: number } | null;
}

const readPosition = ({ snapshot, location, position }: Placed<Position>): Sight => ({
  ...{ id: positionsId, version: Math.round((location?.latitud ?? 0) * 10_000), isSnapshot: snapshot },
  log: logOf(position),
});

/** In turn, what clients watch: `id` is that of a dispatch, to which the positions belong, too. */
export function watchedBy(number: number, id: string, channel: string): Watched {
  const one: Watched = {
    kind: 'one',
    payload: { query: withPosition(dispatchUpdated), variables: { id } },
    read: readUpdate,
  };
  const all: readonly [Watched, ...Watched[]] = [
    {
      kind: 'followed',
      payload: { query: withPosition(followedDispatchUpdated), variables: {} },
      read: readUpdate,
    },
    one,
    { kind: 'board', payload: { query: withPosition(dispatchesUpdated), variables: {} }, read: readUpdate },
    { kind: 'messages', payload: { query: messageBroadcast, variables: { channel } }, read: readMessage },
    one,
    {
      kind: 'positions',
      payload: { query: withPosition(locationUpdated), variables: { id } },
      read: readPosition,
    },
  ];
  return all[number % all.length]!;
}
