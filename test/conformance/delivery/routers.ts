/** The promises to routers whose operation ids are not their clients' own. */
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { range } from '../../support/unaware-client.ts';
import { createDispatch, dispatchUpdated } from '../../support/operations.ts';
import type { DeliveryPromise, WayName } from './promise.ts';
import { live, numbers, shownNumber, talk, tell } from './scene.ts';

const askedOtherwise = 'routers that share one stream among equal subscriptions do not ask on this way';
const unless: Partial<Record<WayName, string>> = {
  'event stream by POST': askedOtherwise,
  'EventSource by GET': askedOtherwise,
  'single connection mode': askedOtherwise,
  multipart: askedOtherwise,
  'HTTP callback': 'an id is kept apart by the address that is called back',
};
/** As such a router makes it of what is asked for. */
const hashId = () => randomBytes(32).toString('hex');
const talkAndTell = { ...talk, query: talk.query.replace('{ message }', '{ message recovered }') };

export const routers: readonly DeliveryPromise[] = [
  {
    number: 'D27',
    says: 'lets two replicas of a router that give equal subscriptions one hash for an id have a stream each; the second one is told that something may lie before it',
    unless,
    async prove(scene) {
      const app = await scene.start();
      const operationId = hashId();
      const one = await scene.listening(app, { ...talkAndTell, operationId });
      await tell(one, app, 1);
      const other = await scene.listening(app, { ...talkAndTell, operationId });
      await tell(one, app, 2);
      await shownNumber(other, 2);
      expect([numbers(one), numbers(other)]).toEqual([range(1, 2), range(1, 2)]);
      expect(other.shown.map(({ recovered }) => recovered)).toEqual(['COMPLETE', null]);
      expect(one.shown.map(({ recovered }) => recovered)).toEqual([null, null]);
      expect(await app.metric('dispatch_slots_replaced_total')).toBe(0);
    },
  },
  {
    number: 'D28',
    says: 'goes on where it was for a router that comes back with such a hash after its connection has ended, where no other has had it of late',
    unless,
    async prove(scene) {
      const app = await scene.start();
      const one = await scene.listening(app, { operationId: hashId() });
      const witness = await scene.witness(app);
      await tell(witness, app, 1);
      await shownNumber(one, 1);
      await scene.known(app);
      await one.away(() => tell(witness, app, 2));
      await tell(one, app, 3);
      expect(numbers(one)).toEqual(range(1, 3));
    },
  },
  {
    number: 'D29',
    says: 'shows the present state to whoever comes with such a hash when nothing was missed: it may be another client',
    unless,
    async prove(scene) {
      const app = await scene.start();
      const id = await createDispatch(app);
      const asked = { query: dispatchUpdated, variables: { id }, operationId: hashId() };
      const one = await scene.client(app, asked);
      await one.connect();
      await one.until((shown) => shown.length === 1);
      await scene.known(app);
      await one.away(() => live(app, 0));
      await one.until((shown) => shown.length === 2);
      expect(one.shown.map(({ changeType }) => changeType)).toEqual(['SNAPSHOT', 'SNAPSHOT']);
    },
  },
];
