/** Users of a subgraph in tests: they connect, leave, and choose how to be seen. */
import type { Viewer } from '../../src/auth/viewer.ts';
import { tSubgraph, type SubgraphOptions } from './subgraph.ts';

/** How long a user who left counts as online, milliseconds. */
export const graceMs = 5_000;

export async function tUsers(options: SubgraphOptions = {}) {
  const subgraph = await tSubgraph(options);
  const { presence, clock, data } = subgraph;
  return {
    ...subgraph,
    connect: (viewerId: string, connectionId = viewerId) =>
      presence.connect({ connectionId, viewerId, name: viewerId, role: 'doctor', connectedAt: clock.now() }),
    leave: async (connectionId: string) => {
      await presence.disconnect(connectionId);
      await clock.advance(graceMs);
    },
    choose: async (who: Viewer, status: string) => {
      const { updateUserStatus } = await data(
        who,
        'mutation ($status: UserStatus!) { updateUserStatus(status: $status) { id status } }',
        { status },
      );
      return updateUserStatus as { id: string; status: string };
    },
  };
}
