/** What clients are promised about how busy the service is. */
import { expect, test } from '@jest/globals';
import { tSubgraph, viewer } from '../support/subgraph.ts';

test('connections and users are those of all processes, the rest is this one’s', async () => {
  const { data, presence, clock } = await tSubgraph();
  for (const [connectionId, viewerId] of [
    ['c1', 'ana'],
    ['c2', 'ana'],
    ['c3', 'bob'],
  ] as const)
    await presence.connect({ connectionId, viewerId, name: null, role: null, connectedAt: clock.now() });
  const { connectionStats } = await data(
    viewer('admin'),
    '{ connectionStats { connections users processConnections processSubscriptions processGroups startedAt } }',
  );
  expect(connectionStats).toEqual({
    connections: 3,
    users: 2,
    processConnections: 3,
    processSubscriptions: 2,
    processGroups: 1,
    startedAt: new Date(clock.now()).toISOString(),
  });
});

const endSession = `mutation ($userId: ID!, $reason: String!) {
  endSession(userId: $userId, reason: $reason) { userId endedAt refusedUntil isComplete silentProcesses { name } endedConnections }
}`;

/** A subgraph whose process answers, as those of a service do. */
async function tAnswering() {
  const subgraph = await tSubgraph();
  const ended: unknown[] = [];
  subgraph.peers.listen(async (question) => {
    if (question.kind === 'session-end') {
      ended.push(question.end);
      return { kind: question.kind, ended: 3 };
    }
    if (question.kind === 'slots') return { kind: question.kind, held: [] };
    return { kind: question.kind, total: 0, subscriptions: [] };
  });
  return { ...subgraph, ended };
}

test('an admin ends the sessions of a user, in the record and on all processes', async () => {
  const { data, clock, ended } = await tAnswering();
  const answer = await data(viewer('admin'), endSession, { userId: 'eva', reason: 'A lost phone.' });
  const now: number = clock.now();
  expect(answer['endSession']).toEqual({
    userId: 'eva',
    endedAt: new Date(now).toISOString(),
    refusedUntil: new Date(now + 30 * 24 * 3_600_000).toISOString(),
    isComplete: true,
    silentProcesses: [],
    endedConnections: 3,
  });
  expect(ended).toEqual([expect.objectContaining({ viewerId: 'eva', endedAt: now })]);
});

test('lets them in again', async () => {
  const { data, ended } = await tAnswering();
  await data(viewer('admin'), endSession, { userId: 'eva', reason: 'A lost phone.' });
  const answer = await data(
    viewer('admin'),
    'mutation { readmitUser(userId: "eva", reason: "It was found.") { userId endedAt refusedUntil } }',
  );
  expect(answer['readmitUser']).toEqual({ userId: 'eva', endedAt: null, refusedUntil: null });
  expect(ended).toEqual([expect.anything(), expect.objectContaining({ viewerId: 'eva', endedAt: null })]);
});

test('the audit trail says who ended whose sessions; why is for admins', async () => {
  const { data } = await tAnswering();
  const admin = viewer('admin', { id: 'root' });
  await data(admin, endSession, { userId: 'eva', reason: 'A lost phone.' });
  await data(admin, 'mutation { readmitUser(userId: "eva", reason: "It was found.") { userId } }');
  const trail = async (role: string) =>
    (await data(viewer(role), '{ events { type actorId despachoId data } }'))['events'];
  const shown = (ended: string | null, readmitted: string | null) =>
    [
      ['session.readmitted', readmitted],
      ['session.ended', ended],
    ].map(([type, reason]) => ({ type, actorId: 'root', despachoId: null, data: { userId: 'eva', reason } }));
  expect(await trail('admin')).toEqual(shown('A lost phone.', 'It was found.'));
  expect(await trail('dispatcher')).toEqual(shown(null, null));
  expect(await trail('system')).toEqual(shown(null, null));
});

test.each([
  ['no user', { userId: ' ', reason: 'x' }, 'userId'],
  ['a user of too many characters', { userId: 'x'.repeat(129), reason: 'x' }, 'userId'],
  ['a user with a control character', { userId: 'e\u0007va', reason: 'x' }, 'userId'],
  ['no reason', { userId: 'eva', reason: ' \n' }, 'reason'],
  ['a reason of too many characters', { userId: 'eva', reason: 'x'.repeat(501) }, 'reason'],
])('%s is a mistake of whoever asks, and ends nothing', async (_what, variables, field) => {
  const { ask, ended } = await tAnswering();
  const { errors } = await ask(viewer('admin'), endSession, variables);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  expect(ended).toEqual([]);
});

test.each([
  ['userId', 'x'.repeat(129)],
  ['operationName', 'x'.repeat(257)],
])('a %s that nobody can have is no question for all processes', async (field, value) => {
  const { ask } = await tAnswering();
  const query =
    'query ($userId: ID, $operationName: String) { liveSubscriptions(userId: $userId, operationName: $operationName) { total } }';
  const { errors } = await ask(viewer('admin'), query, { [field]: value });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

test('a user is found whose id has spaces, or is spelled in another way', async () => {
  const { data, ended } = await tAnswering();
  for (const userId of ['Eva María Núñez', 'Nun\u0303ez'])
    await data(viewer('admin'), endSession, { userId, reason: 'x' });
  expect(ended).toEqual([
    expect.objectContaining({ viewerId: 'Eva María Núñez' }),
    expect.objectContaining({ viewerId: 'Nuñez' }),
  ]);
});
