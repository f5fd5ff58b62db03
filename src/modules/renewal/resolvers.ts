/** The mutation by which a connection goes on with a newer token. */
import type { MutationResolvers, Resolvers, Session } from '../../generated/resolvers.ts';
import { ClientError } from '../../lib/errors.ts';
import { propertiesOf } from '../../schema/properties.ts';

export function createRenewalResolvers(): Pick<Resolvers, 'Session'> & {
  readonly Mutation: Pick<MutationResolvers, 'renewSession'>;
} {
  return {
    Mutation: {
      async renewSession(_root, { token }, { session }) {
        if (!session)
          throw new ClientError(
            'BAD_REQUEST',
            'renewSession renews the WebSocket that it is sent over; elsewhere each request shows its token.',
          );
        const { expiresAt } = await session.renew(token);
        return { expiresAt: expiresAt === null ? null : new Date(expiresAt) };
      },
    },
    Session: { ...propertiesOf<Session>()('expiresAt') },
  };
}
