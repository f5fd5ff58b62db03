/** What a group of subscribers shares cannot depend on one of them: the compiler refuses it. */
import { expect, test } from '@jest/globals';
import type { Viewer } from '../../src/auth/viewer.ts';
import type {
  DispatchResolvers,
  DispatchUpdateResolvers,
  QueryResolvers,
} from '../../src/generated/resolvers.ts';
import type { ExecutionOptions } from '../../src/realtime/executions/execution.ts';
import type { SharedContext, StreamContext } from '../../src/schema/context.ts';
import type { Scope } from '../../src/schema/scope.ts';

const root: QueryResolvers['dispatch'] = (_root, { id }, { viewer, loaders }) =>
  viewer.permissions.has('view-dispatches') ? loaders.dispatch.load(id) : null;

const shared: DispatchResolvers['observaciones'] = ({ observaciones }) => observaciones;

// @ts-expect-error a field of Dispatch has no viewer
const leaksViewer: DispatchResolvers['observaciones'] = (_dispatch, _args, { viewer }) => viewer.name;

// @ts-expect-error nor has one of DispatchUpdate
const leaksAddress: DispatchUpdateResolvers['actorId'] = (_update, _args, { address }) => address;

// @ts-expect-error and what all contexts have in common names none
type NoViewer = SharedContext['viewer'];

// @ts-expect-error a stream is nobody's own
const ownStream: StreamContext['oneself'] = 'ana';

// @ts-expect-error a scope is made of bits: nothing in it can tell who somebody is
const scopeOfAna: Scope = { seesUsers: true, seesActors: 'ana' };

// @ts-expect-error nor has it room for more
const scopeAndMore: Scope = { seesUsers: true, seesActors: true, viewerId: 'ana' };

// @ts-expect-error and the execution of a group is given nothing but bits to make its contexts of
const leaksIntoContext: ExecutionOptions['createContexts'] = (given: { viewer: Viewer }) => () =>
  given.viewer;

test('types keep the viewer out of shared fields', () => {
  const resolvers: unknown[] = [root, shared, leaksViewer, leaksAddress];
  expect(resolvers.every((resolver) => typeof resolver === 'function')).toBe(true);
  expect<NoViewer | undefined>(undefined).toBeUndefined();
  expect([ownStream, scopeOfAna, scopeAndMore, leaksIntoContext]).toHaveLength(4);
});
