/** The promises of what counts as received, and of the receipts that are made of it. */
import { expect } from '@jest/globals';
import { assign, createDispatch, dispatchUpdated } from '../../support/operations.ts';
import { ManualClock } from '../../support/clock.ts';
import type { BareSocket } from '../../support/graphql-client.ts';
import { receiptsOf, untilSeen } from '../../support/receipts.ts';
import { range, say } from '../../support/unaware-client.ts';
import { eventually } from './client.ts';
import type { DeliveryPromise, SetUpName, WayName } from './promise.ts';
import { channel, numbers, patient, shownNumber, tell, viewerId } from './scene.ts';
import { webSocketClient } from './ways/web-socket.ts';

type Exceptions = Partial<Record<WayName | SetUpName, string>>;

/** Why nobody is pinged. */
const noPings: Exceptions = {
  'event stream by POST': 'nothing is said in this direction',
  'EventSource by GET': 'nothing is said in this direction',
  'single connection mode': 'nothing is said in this direction',
  multipart: 'nothing is said in this direction',
  'HTTP callback': 'each message has an answer',
};
/** Why one set-up stands for all. */
const noStore: Exceptions = {
  Redis: 'nothing of it is in a store',
  'Redis cluster': 'nothing of it is in a store',
};

const hasVersion = (version: number) => (shown: readonly Readonly<Record<string, unknown>>[]) =>
  shown.some(({ dispatch }) => (dispatch as { readonly version: number }).version === version);

export const acknowledgements: readonly DeliveryPromise[] = [
  {
    number: 'D19',
    says: 'asks by a `ping` what its client has, one at a time, as soon as there is something new',
    unless: { ...noPings, ...noStore },
    async prove(scene) {
      const app = await scene.start(patient);
      let pings = 0;
      const witness = await scene.witness(app);
      const silent = await scene.listening(app, {}, webSocketClient({ onPing: () => (pings += 1) }));
      const taken = () => app.metric('dispatch_acknowledgements_total');
      for (let number = 1; number <= 3; number += 1) {
        const before = await taken();
        await tell(silent, app, number);
        await shownNumber(witness, number);
        await eventually('the witness was asked', async () => (await taken()) > before);
        await eventually('both were asked', () => pings > 0);
      }
      expect(pings).toBe(1);
    },
  },
  {
    number: 'D20',
    says: 'takes a `pong` without a payload for the answer',
    unless: { ...noPings, ...noStore },
    async prove(scene) {
      const app = await scene.start();
      const bare = webSocketClient({ onPing: (_payload, socket) => socket.send({ type: 'pong' }) });
      const client = await scene.listening(app, {}, bare);
      await tell(client, app, 1, 3);
      await scene.known(app);
      await client.away(() => say(app, channel, 4));
      await tell(client, app, 5);
      expect(numbers(client)).toEqual(range(1, 5));
    },
  },
  {
    number: 'D21',
    says: 'takes a `pong` that it has not asked for as a sign of life, and of nothing else',
    unless: { ...noPings, ...noStore },
    async prove(scene) {
      // The first event takes a ping along. Its clock stands still: for what comes later it does not ask.
      const app = await scene.start({}, { clock: new ManualClock(Date.now()) });
      const sockets: BareSocket[] = [];
      const bare = webSocketClient({}, (socket) => sockets.push(socket));
      const client = await scene.listening(app, {}, bare);
      await tell(client, app, 1);
      const taken = async () => (await app.metric('dispatch_acknowledgements_total')) === 1;
      await eventually('it has answered', taken);
      await tell(client, app, 2, 3);
      const [socket] = sockets;
      socket!.send({ type: 'pong' });
      // Its answer says that the pong has come.
      socket!.send({ type: 'ping' });
      await socket!.message('pong');
      await client.away(() => say(app, channel, 4));
      await shownNumber(client, 4);
      expect(numbers(client.on(1))).toEqual(range(2, 4));
    },
  },
  {
    number: 'D22',
    says: 'makes receipts of what was acknowledged, which say by whom, and of nothing else',
    unless: { 'Redis cluster': 'receipts are in the database' },
    async prove(scene) {
      const app = await scene.start();
      const id = await createDispatch(app);
      const asked = { query: dispatchUpdated, variables: { id } };
      const witness = await scene.witness(app, asked);
      const client = await scene.listening(app, asked);
      await assign(app, id);
      await Promise.all([client.until(hasVersion(2)), witness.until(hasVersion(2))]);
      await untilSeen(app, id, 2, 'witness');
      const { receiver } = scene.way;
      if (receiver !== null) await untilSeen(app, id, 2, viewerId);
      const of = (await receiptsOf(app, id, 2)).filter((receipt) => receipt.viewerId === viewerId);
      expect(of.map(({ acknowledgedBy }) => acknowledgedBy)).toEqual(receiver === null ? [] : [receiver]);
    },
  },
];
