/** One operation for each thing that somebody may or may not do, as data for the matrix of authorisation. */
import { mayResolve, mayUse, mayUseChannel, promisedRoles, type Who } from './promised-authorisation.ts';

/** What the operations are about. Ambulance A1 serves `despachoId`. */
export interface Cast {
  readonly despachoId: string;
  readonly otherDespachoId: string;
  readonly alertId: string;
  /** The id of whoever asks. */
  readonly self: string;
  /** Somebody else, who is connected. */
  readonly other: string;
  /** The token of whoever asks. */
  readonly token: string;
}

export interface Asker extends Omit<Who, 'isOneself'> {
  /** Whether they ride with ambulance A1. */
  readonly rides: boolean;
}

export interface Row {
  readonly name: string;
  readonly query: string;
  /** What docs/authorisation.md promises. */
  readonly isAllowed: (who: Asker) => boolean;
}

const place = '{ latitud: 1, longitud: 1 }';

const operationsOf = ({
  despachoId: id,
  otherDespachoId,
  alertId,
  self,
  other,
  token,
}: Cast): Readonly<Record<string, string>> => ({
  dispatch: `{ dispatch(id: ${id}) { id } }`,
  despachos: '{ despachos { id } }',
  dispatchesCursor: '{ dispatchesCursor }',
  alerts: '{ alerts { edges { cursor } } }',
  events: '{ events { id } }',
  receipts: `{ receipts(despachoId: ${id}) { viewerId } }`,
  user: `{ user(id: "${other}") { id } }`,
  onlineUsers: '{ onlineUsers { id } }',
  connectionStats: '{ connectionStats { users } }',
  liveSubscriptions: '{ liveSubscriptions { total } }',
  channelHistory: '{ channelHistory(channel: "sala") { id } }',
  streamPlaces: `{ streamPlaces(streams: [{ field: "userStatusChanged", arguments: { userId: "${self}" } }]) { position } }`,
  createDispatch: `mutation { createDispatch(input: { origen: ${place} }) { id } }`,
  assignDispatch: `mutation { assignDispatch(id: ${otherDespachoId}, ambulanciaId: "A2") { id } }`,
  updateDispatchStatus: `mutation { updateDispatchStatus(id: ${id}, estado: EN_CAMINO) { id } }`,
  answerAssignment: `mutation { answerAssignment(id: ${id}, accept: true) { id } }`,
  seeAssignment: `mutation { seeAssignment(id: ${id}) { id } }`,
  acknowledgeAlert: `mutation { acknowledgeAlert(id: ${alertId}) { id } }`,
  notifyDispatchEvent: `mutation { notifyDispatchEvent(evento: "despacho.creado", despachoId: ${id}) }`,
  reportLocation: `mutation { reportLocation(despachoId: ${id}, input: ${place}) { latitud } }`,
  subscribeToDispatch: `mutation { subscribeToDispatch(id: ${id}) { id } }`,
  unsubscribeFromDispatch: `mutation { unsubscribeFromDispatch(id: ${otherDespachoId}) { id } }`,
  updateUserStatus: 'mutation { updateUserStatus(status: ONLINE) { id } }',
  renewSession: `mutation { renewSession(token: "${token}") { expiresAt } }`,
  endSession: 'mutation { endSession(userId: "nobody", reason: "none") { userId } }',
  readmitUser: 'mutation { readmitUser(userId: "nobody", reason: "none") { userId } }',
  broadcastMessage: 'mutation { broadcastMessage(channel: "sala", message: "hola") { id } }',
  dispatchUpdated: `subscription { dispatchUpdated(id: ${id}) { timestamp } }`,
  dispatchesUpdated: 'subscription { dispatchesUpdated { timestamp } }',
  followedDispatchUpdated: 'subscription { followedDispatchUpdated { timestamp } }',
  assignmentOffered: 'subscription { assignmentOffered { timestamp } }',
  alertRaised: 'subscription { alertRaised { id } }',
  locationUpdated: `subscription { locationUpdated(despachoId: ${id}) { timestamp } }`,
  locationsInArea:
    'subscription { locationsInArea(area: { norte: 1, sur: 0, oeste: 0, este: 1 }) { timestamp } }',
  userStatusChanged: `subscription { userStatusChanged(userId: "${other}") { status } }`,
  presenceChanged: 'subscription { presenceChanged { status } }',
  messageBroadcast: 'subscription { messageBroadcast(channel: "sala") { id } }',
});

/** The names of all operations that have a row. */
export const operationNames = (): readonly string[] =>
  Object.keys(
    operationsOf({
      ...{ despachoId: '1', otherDespachoId: '2', alertId: '1', self: 'a', other: 'b', token: 't' },
    }),
  );

const ownOperationsOf = ({ self }: Cast): Readonly<Record<string, string>> => ({
  user: `{ user(id: "${self}") { id } }`,
  userStatusChanged: `subscription { userStatusChanged(userId: "${self}") { status } }`,
});

const referenceTo = (entity: string, id: string): string =>
  `{ _entities(representations: [{ __typename: "${entity}", id: "${id}" }]) { __typename } }`;

const onChannel = (channel: string): Readonly<Record<string, string>> => ({
  channelHistory: `{ channelHistory(channel: "${channel}") { id } }`,
  messageBroadcast: `subscription { messageBroadcast(channel: "${channel}") { id } }`,
  broadcastMessage: `mutation { broadcastMessage(channel: "${channel}", message: "hola") { id } }`,
});

export function rowsOf(cast: Cast): readonly Row[] {
  const row = (name: string, query: string, isAllowed: Row['isAllowed']): Row => ({ name, query, isAllowed });
  const channels = ['role:doctor:sala', `user:${cast.self}:notas`, `user:${cast.other}:notas`];
  return [
    ...Object.entries(operationsOf(cast)).map(([name, query]) =>
      row(name, query, (who) => mayUse(name, { ...who, isOneself: false })),
    ),
    ...Object.entries(ownOperationsOf(cast)).map(([name, query]) =>
      row(`${name} of oneself`, query, (who) => mayUse(name, { ...who, isOneself: true })),
    ),
    ...['Alert', 'Dispatch', 'User'].map((entity) =>
      row(`a reference to ${entity}`, referenceTo(entity, cast.despachoId), (who) =>
        mayResolve(entity, { ...who, isOneself: false }),
      ),
    ),
    ...[...channels, `dispatch:${cast.despachoId}:chat`].flatMap((channel) =>
      Object.entries(onChannel(channel)).map(([name, query]) =>
        row(`${name} on ${channel}`, query, (who) => {
          const isOneself = channel.startsWith(`user:${cast.self}:`);
          return mayUse(name, { ...who, isOneself }) && mayUseChannel(channel, name, { ...who, isOneself });
        }),
      ),
    ),
  ];
}

/** All who ask: each role, a doctor on board, a role that nobody here has heard of, and none. */
export const askers: readonly Asker[] = [
  ...[...promisedRoles.keys()].map((role) => ({ role, rides: role === 'paramedic' })),
  { role: 'doctor', rides: true },
  { role: 'janitor', rides: false },
  { role: null, rides: false },
];
