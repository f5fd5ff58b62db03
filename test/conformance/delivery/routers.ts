/** The promises to routers whose operation ids are not their clients' own. */
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { range } from '../../support/unaware-client.ts';
import type { DeliveryPromise } from './promise.ts';
import { numbers, shownNumber, tell } from './scene.ts';

const askedOtherwise = 'routers that share one stream among equal subscriptions do not ask on this way';

export const routers: readonly DeliveryPromise[] = [
  {
    number: 'D27',
    says: 'lets two replicas of a router that give equal subscriptions one hash for an id have a stream each',
    unless: {
      'event stream by POST': askedOtherwise,
      'EventSource by GET': askedOtherwise,
      'single connection mode': askedOtherwise,
      multipart: askedOtherwise,
      'HTTP callback': 'an id is kept apart by the address that is called back',
    },
    async prove(scene) {
      const app = await scene.start();
      const operationId = randomBytes(32).toString('hex');
      const one = await scene.listening(app, { operationId });
      await tell(one, app, 1);
      const other = await scene.listening(app, { operationId });
      await tell(one, app, 2);
      await shownNumber(other, 2);
      expect([numbers(one), numbers(other)]).toEqual([range(1, 2), [2]]);
      expect(await app.metric('dispatch_slots_taken_total')).toBe(0);
    },
  },
];
