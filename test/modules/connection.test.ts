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
