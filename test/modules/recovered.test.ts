/** What each stream says of itself where it could not go on: apart from its first state, and from an event like any other. */
import { expect, test } from '@jest/globals';
import { dispatcher, tDispatches } from '../support/dispatches.ts';
import { tSubgraph, viewer, type Data, type Stream, type SubgraphOptions } from '../support/subgraph.ts';
import { tUsers } from '../support/users.ts';

const service = viewer('system');
const one =
  'subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { cursor changeType recovered } }';
const channel = `subscription ($after: Cursor) { messageBroadcast(channel: "general", after: $after) { cursor message recovered } }`;

const recoveredOf = ({ recovered }: Data) => recovered;
const kindOf = ({ changeType, recovered }: Data) => [changeType, recovered];

async function tChannel(options: SubgraphOptions = {}) {
  const subgraph = await tSubgraph({ maxEvents: 2, ...options });
  const send =
    'mutation ($message: String!) { broadcastMessage(channel: "general", message: $message) { id } }';
  return { ...subgraph, say: (message: string) => subgraph.data(service, send, { message }) };
}

/** The topic is left, and with it what was kept for a client who comes right back. */
async function leave(stream: Stream, clock: { advance(ms: number): Promise<void> }) {
  stream.leave();
  await clock.advance(0);
}

test('a new stream begins with its state, and a lost log is made good by it: only the second stands for what was missed', async () => {
  const { create, assign, subscribe, eventLog, untilRelayed } = await tDispatches();
  const id = await create();
  const stream = await subscribe(dispatcher, one, { id });
  expect(kindOf(await stream.next())).toEqual(['SNAPSHOT', null]);
  await assign(id, 'A1');
  expect(kindOf(await stream.next())).toEqual(['ASSIGNED', null]);
  await untilRelayed();
  await eventLog.empty();
  expect(kindOf(await stream.next())).toEqual(['SNAPSHOT', 'PARTIAL']);
  const newcomer = await subscribe(dispatcher, one, { id });
  expect(kindOf(await newcomer.next())).toEqual(['SNAPSHOT', null]);
  await assign(id, 'A2');
  expect(kindOf(await stream.next())).toEqual(['ASSIGNED', null]);
});

test('whoever comes back to a trimmed log is told, and one who only missed what is kept is not', async () => {
  const { create, assign, subscribe, clock, untilRelayed } = await tDispatches({ maxEvents: 2 });
  const id = await create();
  const first = await subscribe(dispatcher, one, { id });
  const { cursor } = await first.next();
  await leave(first, clock);
  await assign(id, 'A1');
  await untilRelayed();
  const kept = await subscribe(dispatcher, one, { id, after: cursor });
  expect(kindOf(await kept.next())).toEqual(['ASSIGNED', null]);
  await leave(kept, clock);
  for (const ambulance of ['A2', 'A3', 'A4']) await assign(id, ambulance);
  await untilRelayed();
  const trimmed = await subscribe(dispatcher, one, { id, after: cursor });
  expect(kindOf(await trimmed.next())).toEqual(['SNAPSHOT', 'PARTIAL']);
});

test('the board and what is followed say so too', async () => {
  const { create, assign, follow, subscribe, eventLog, untilRelayed } = await tDispatches();
  const id = await create();
  const board = await subscribe(dispatcher, 'subscription { dispatchesUpdated { changeType recovered } }');
  const mine = await subscribe(
    dispatcher,
    'subscription { followedDispatchUpdated { changeType recovered } }',
  );
  await follow(dispatcher, id);
  // It joins a stream that goes on.
  expect(kindOf(await mine.next())).toEqual(['SNAPSHOT', null]);
  await assign(id);
  for (const stream of [board, mine]) expect(kindOf(await stream.next())).toEqual(['ASSIGNED', null]);
  await untilRelayed();
  await eventLog.empty();
  for (const stream of [board, mine]) expect(kindOf(await stream.next())).toEqual(['SNAPSHOT', 'PARTIAL']);
});

test('of messages all that were missed are shown, while they are kept for long enough', async () => {
  const { say, subscribe, clock, untilRelayed } = await tChannel();
  const first = await subscribe(service, channel);
  await say('one');
  const { cursor, recovered } = await first.next();
  expect(recovered).toBeNull();
  await leave(first, clock);
  for (const message of ['two', 'three', 'four']) await say(message);
  await untilRelayed();
  const again = await subscribe(service, channel, { after: cursor });
  await say('five');
  expect((await again.take(5)).map(recoveredOf)).toEqual([
    ...['COMPLETE', 'COMPLETE', 'COMPLETE', 'COMPLETE'],
    null,
  ]);
});

test('of messages that are deleted meanwhile some may be missing', async () => {
  const { say, subscribe, clock, untilRelayed } = await tChannel({ messageRetentionMs: 60_000 });
  const first = await subscribe(service, channel);
  await say('one');
  const { cursor } = await first.next();
  await leave(first, clock);
  await clock.advance(120_000);
  for (const message of ['two', 'three', 'four']) await say(message);
  await untilRelayed();
  const again = await subscribe(service, channel, { after: cursor });
  expect((await again.take(3)).map(recoveredOf)).toEqual(['PARTIAL', 'PARTIAL', 'PARTIAL']);
});

test('positions say so too', async () => {
  const { create, data, subscribe, eventLog } = await tDispatches();
  const id = await create();
  const where = 'subscription ($id: ID!) { locationUpdated(despachoId: $id) { snapshot recovered } }';
  const stream = await subscribe(dispatcher, where, { id });
  expect(await stream.next()).toEqual({ snapshot: true, recovered: null });
  const report =
    'mutation ($id: ID!) { reportLocation(despachoId: $id, input: {latitud: 1, longitud: 2}) { latitud } }';
  await data(service, report, { id });
  expect(await stream.next()).toEqual({ snapshot: false, recovered: null });
  await eventLog.empty();
  expect(await stream.next()).toEqual({ snapshot: true, recovered: 'PARTIAL' });
});

test('the presence of users says so too', async () => {
  const { connect, subscribe, eventLog } = await tUsers();
  const everybody = await subscribe(
    dispatcher,
    'subscription { presenceChanged { userId snapshot recovered } }',
  );
  const bob = await subscribe(
    dispatcher,
    'subscription { userStatusChanged(userId: "bob") { userId snapshot recovered } }',
  );
  await connect('bob');
  const streams = [everybody, bob];
  for (const stream of streams)
    expect(await stream.next()).toEqual({ userId: 'bob', snapshot: false, recovered: null });
  await eventLog.empty();
  for (const stream of streams)
    expect(await stream.next()).toEqual({ userId: 'bob', snapshot: true, recovered: 'PARTIAL' });
});
