/** Proves that queries, joins, mutations and errors come through a real Apollo Router, with the configuration that is recommended. */
import { expect, test } from '@jest/globals';
import { tApolloRouter } from '../support/routers/apollo-router.ts';
import { testOperations } from '../support/routers/operations.ts';
import { apolloRouter } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';

describeThrough(apolloRouter, () => {
  testOperations(tApolloRouter);

  test('a subscription is refused without a licence, and the service hears nothing of it', async () => {
    const router = await tApolloRouter();
    const { errors } = await router.ask('subscription { dispatchesUpdated { cursor } }');
    expect(errors).toHaveLength(1);
    expect(await router.service.client.metric('dispatch_subscriptions')).toBe(0);
  });
});
