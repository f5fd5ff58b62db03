/** The promises of section "A client that keeps nothing": whose place it is, who may take it, and when it ends. */
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { heldFor } from '../../../src/stores/slots/slots.ts';
import { createDispatch, dispatchUpdated } from '../../support/operations.ts';
import { end, tokenOf } from '../../support/session-ends.ts';
import { range, say } from '../../support/unaware-client.ts';
import { eventually } from './client.ts';
import type { DeliveryPromise, WayName } from './promise.ts';
import { channel, live, numbers, patient, shownNumber, tell, viewerId } from './scene.ts';
import { webSocketClient } from './ways/web-socket.ts';

type Exceptions = Partial<Record<WayName, string>>;

/** Why there is no place on these ways. */
const noPlaces: Exceptions = {
  'event stream by POST': 'its client says itself where it is, and no place is kept',
  'EventSource by GET': 'its client says itself where it is, and no place is kept',
  multipart: 'its client says itself where it is, and no place is kept',
  'HTTP callback': 'its client does not come back',
};

const windowMs = 60_000;

export const places: readonly DeliveryPromise[] = [
  {
    number: 'D9',
    says: 'keeps a place for ids that cannot meet by accident, and none for others',
    unless: noPlaces,
    async prove(scene) {
      const app = await scene.start();
      const taken = () => app.metric('dispatch_slots_taken_total');
      for (const operationId of ['1', 'a'.repeat(63), '6ba7b810-9dad-51d1-80b4-00c04fd430c8']) {
        const client = await scene.listening(app, { operationId });
        await client.complete();
        await live(app, 0);
      }
      expect(await taken()).toBe(0);
      for (const operationId of [randomUUID(), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'])
        await scene.listening(app, { operationId });
      expect(await taken()).toBe(2);
    },
  },
  {
    number: 'D10',
    says: 'gives two tabs of one viewer a place each',
    unless: noPlaces,
    async prove(scene) {
      const app = await scene.start();
      const [one, two] = [await scene.listening(app), await scene.listening(app)];
      await tell(one, app, 1);
      await shownNumber(two, 1);
      await scene.known(app);
      await one.away(() => tell(two, app, 2));
      await tell(one, app, 3);
      await shownNumber(two, 3);
      expect([numbers(one), numbers(two)]).toEqual([range(1, 3), range(1, 3)]);
    },
  },
  {
    number: 'D11',
    says: 'gives two viewers with one id a place each, and lets neither have the other’s',
    unless: noPlaces,
    async prove(scene) {
      const app = await scene.start();
      const operationId = randomUUID();
      const witness = await scene.witness(app);
      const own = await scene.listening(app, { operationId });
      await tell(own, app, 1);
      await scene.known(app);
      await own.cut();
      await live(app, 1);
      await tell(witness, app, 2);
      const thief = await scene.listening(app, { operationId, token: await tokenOf('eve', -10) });
      await own.connect();
      await tell(own, app, 3);
      await shownNumber(thief, 3);
      expect([numbers(own), numbers(thief)]).toEqual([range(1, 3), [3]]);
    },
  },
  {
    number: 'D12',
    says: 'lets who comes back take over, and sends the connection that was left behind nothing of it any more',
    unless: {
      'event stream by POST': 'no two requests are known to be of one client',
      multipart: 'no two requests are known to be of one client',
      'HTTP callback': 'its client does not come back',
    },
    async prove(scene) {
      const app = await scene.start(patient);
      const witness = await scene.witness(app);
      const client = await scene.listening(app);
      await tell(client, app, 1);
      // Nobody hears that it has gone: the connection before stays open.
      await client.connect();
      await eventually('it took over', async () => (await app.metric('dispatch_slots_replaced_total')) === 1);
      await tell(witness, app, 2);
      await tell(client, app, 3);
      expect(numbers(client.on(0))).toEqual([1]);
      expect(numbers(client.on(1)).filter((number) => number > 1)).toEqual([2, 3]);
      await live(app, 2);
    },
  },
  {
    number: 'D13',
    says: 'leaves a place to whoever has it that was taken from others more than five times within a minute, and serves who comes all the same',
    unless: noPlaces,
    async prove(scene) {
      const app = await scene.start(patient);
      const contested = () => app.metric('dispatch_slots_taken_total{outcome="contested"}');
      const operationId = randomUUID();
      const first = await scene.listening(app, { operationId });
      for (let time = 1; time <= 5; time += 1) await first.connect();
      await eventually(
        'the last one has it',
        async () => (await app.metric('dispatch_slots_replaced_total')) === 5,
      );
      await live(app, 1);
      expect(await contested()).toBe(0);
      const last = await scene.listening(app, { operationId });
      expect(await contested()).toBe(1);
      await tell(last, app, 1);
      await shownNumber(first, 1);
    },
  },
  {
    number: 'D14',
    says: 'ends a place when its client wants no more: the same id begins anew',
    unless: noPlaces,
    async prove(scene) {
      const app = await scene.start();
      const witness = await scene.witness(app);
      const client = await scene.listening(app);
      await tell(client, app, 1);
      await client.complete();
      await live(app, 1);
      await eventually('no place is left', async () => (await app.metric('dispatch_slots')) === 1);
      await tell(witness, app, 2);
      await client.connect();
      await live(app, 2);
      await tell(client, app, 3);
      expect(numbers(client)).toEqual([1, 3]);
    },
  },
  {
    number: 'D15',
    says: 'keeps a place for as long as the resume window, also where the end of an operation was lost on its way',
    unless: {
      ...noPlaces,
      embedded: 'its time is that of the process: test/e2e/resume-by-id.test.ts sets that',
    },
    async prove(scene) {
      const app = await scene.start({ RESUME_WINDOW_MS: String(windowMs) });
      const taken = () => app.metric('dispatch_slots_taken_total');
      const begun = () => app.metric('dispatch_slots_taken_total{outcome="new"}');
      const client = await scene.listening(app);
      const goneFor = async (ms: number) => {
        await client.cut();
        await live(app, 0);
        await scene.age(ms);
        await client.connect();
        await live(app, 1);
      };
      await goneFor(windowMs - 20_000);
      expect([await taken(), await begun()]).toEqual([2, 1]);
      // Whether or not its holder has said by then that it left.
      await goneFor(heldFor({ windowMs }));
      expect([await taken(), await begun()]).toEqual([3, 2]);
    },
  },
  {
    number: 'D16',
    says: 'judges anew on every return what a viewer may see; who may not any more is refused, and their place has ended',
    unless: {
      'EventSource by GET': 'its ticket stands for one token, and what that allows does not change',
      'HTTP callback': 'its client does not come back',
    },
    async prove(scene) {
      const app = await scene.start();
      const variables = { id: await createDispatch(app) };
      const client = await scene.client(app, { query: dispatchUpdated, variables });
      await client.connect();
      await client.until(({ length }) => length === 1);
      await client.cut();
      await live(app, 0);
      // Of a role that may see no dispatches.
      await client.connect({ token: await app.token({ sub: viewerId, permissions: [] }) });
      await client.untilTold('FORBIDDEN');
      await live(app, 0);
      expect(await app.metric('dispatch_slots')).toBe(0);
    },
  },
  {
    number: 'D17',
    says: 'ends within a second all that a viewer has whose sessions are ended, tells them, and keeps no place for them',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const witness = await scene.witness(app);
      const client = await scene.listening(app);
      await tell(client, app, 1);
      if (scene.way.isAcknowledged) await scene.known(app);
      expect(await end(app, viewerId)).toMatchObject({ endedConnections: 1, isComplete: true });
      await client.untilTold('4401', 'UNAUTHENTICATED SESSION_ENDED');
      await live(app, 1);
      await tell(witness, app, 2);
      expect(numbers(client)).toEqual([1]);
      // Who signs in anew begins anew, with the same id.
      const again = await scene.listening(app, {
        operationId: client.operationId,
        token: await tokenOf(viewerId, 2),
      });
      await say(app, channel, 3);
      await shownNumber(again, 3);
      expect(numbers(again)).toEqual([3]);
    },
  },
  {
    number: 'D18',
    says: 'shows a snapshot again that was not wholly acknowledged',
    unless: {
      ...noPlaces,
      'single connection mode': 'nobody says what has come of it: it counts as handed over when it is',
    },
    async prove(scene) {
      const app = await scene.start(patient);
      const variables = { id: await createDispatch(app) };
      const silent = webSocketClient({ onPing: () => {} });
      const client = await scene.client(app, { query: dispatchUpdated, variables }, silent);
      await client.connect();
      await client.until(({ length }) => length === 1);
      await client.away(async () => {});
      await client.until(({ length }) => length === 2);
      expect(client.shown.map(({ changeType }) => changeType)).toEqual(['SNAPSHOT', 'SNAPSHOT']);
    },
  },
];
