/** The promises to a client whose path breaks: what it is shown when it is back. */
import { expect } from '@jest/globals';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  fromNow,
  move,
  report,
} from '../../support/operations.ts';
import { range, say } from '../../support/unaware-client.ts';
import type { WayClient } from './client.ts';
import type { DeliveryPromise } from './promise.ts';
import { channel, live, numbers, shownNumber, talk, tell } from './scene.ts';
import type { Shown } from './ways/way.ts';

/** Those that came first, without what came again. */
const firsts = (client: WayClient) => [...new Set(numbers(client))];

const versionsOf = (shown: readonly Shown[]) =>
  shown.map(({ dispatch }) => (dispatch as { readonly version: number }).version);

const latitudOf = (shown: readonly Shown[]) =>
  (shown.at(-1)?.['location'] as { readonly latitud: number } | null | undefined)?.latitud;

const callbackGoesOn = 'its stream does not break while its process lives: what was not taken waits there';

export const comingBack: readonly DeliveryPromise[] = [
  {
    number: 'D1',
    says: 'shows each event at least once and in order, whatever its path does',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const client = await scene.listening(app);
      await tell(client, app, 1, 3);
      await client.away(() => say(app, channel, 4, 6));
      await tell(client, app, 7);
      await client.away(() => say(app, channel, 8, 10));
      await tell(client, app, 11);
      expect(firsts(client)).toEqual(range(1, 11));
    },
  },
  {
    number: 'D2',
    says: 'shows nothing again that its client is known to have',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const client = await scene.listening(app);
      await tell(client, app, 1, 3);
      if (scene.way.isAcknowledged) await scene.known(app);
      await client.away(() => say(app, channel, 4, 6));
      await tell(client, app, 7);
      expect(numbers(client)).toEqual(range(1, 7));
    },
  },
  {
    number: 'D3',
    says: 'goes on at another process',
    unless: {
      embedded: 'there is one process, and what it knows ends with it',
      'HTTP callback': 'its client does not come: what another process has to take over, it finds by itself',
    },
    async prove(scene) {
      const [first, second] = await scene.startTwo();
      const client = await scene.listening(first, { beside: second });
      await tell(client, second, 1, 3);
      await client.away(() => say(second, channel, 4, 6), { app: second, beside: first });
      await tell(client, first, 7);
      expect(firsts(client)).toEqual(range(1, 7));
    },
  },
  {
    number: 'D4',
    says: 'tells a client by `recovered` that its stream could not go on, and shows what there is in place of what is gone',
    unless: { 'HTTP callback': callbackGoesOn },
    async prove(scene) {
      const app = await scene.start({ EVENT_LOG_MAX_EVENTS: '2', TOPIC_LINGER_MS: '0' });
      const query = talk.query.replace('{ message }', '{ message recovered }');
      const client = await scene.listening(app, { query });
      await tell(client, app, 1);
      if (scene.way.isAcknowledged) await scene.known(app);
      await client.cut();
      await live(app, 0);
      await say(app, channel, 2, 6);
      await client.connect();
      await shownNumber(client, 6);
      const since = client.shown.slice(1);
      expect([...new Set(since.map(({ recovered }) => recovered))]).toEqual(['COMPLETE']);
      expect(firsts(client)).toEqual(range(1, 6));
    },
  },
  {
    number: 'D5',
    says: 'shows of positions the newest',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const id = await createDispatch(app);
      const query = 'subscription ($id: ID!) { locationUpdated(despachoId: $id) { location { latitud } } }';
      const client = await scene.client(app, { query, variables: { id } });
      await client.connect();
      await client.until(({ length }) => length === 1);
      await client.away(async () => {
        for (const latitud of [1, 2, 3]) await report(app, id, latitud);
      });
      await client.until((shown) => latitudOf(shown) === 3);
      await report(app, id, 4);
      await client.until((shown) => latitudOf(shown) === 4);
      expect(client.told).toEqual([]);
    },
  },
  {
    number: 'D6',
    says: 'shows of a filtered stream all that its filter shows, and nothing else',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const [one, other] = [await createDispatch(app), await createDispatch(app)];
      const variables = { estado: 'ASIGNADO', ...(await fromNow(app)) };
      const client = await scene.client(app, { query: dispatchesUpdated, variables });
      await client.connect();
      await assign(app, one);
      await client.until(({ length }) => length === 1);
      if (scene.way.isAcknowledged) await scene.known(app);
      await client.away(async () => {
        await move(app, other, 'CANCELADO');
        await move(app, one, 'EN_CAMINO');
        await move(app, one, 'EN_SITIO');
      });
      await assign(app, await createDispatch(app));
      await client.until(({ length }) => length >= 3);
      // Of what left the filter its client is told as well.
      expect(versionsOf(client.shown)).toEqual([2, 3, 2]);
    },
  },
  {
    number: 'D7',
    says: 'counts what it knows of a client where that is later than the `after` with which the client began',
    unless: { 'HTTP callback': callbackGoesOn },
    async prove(scene) {
      const app = await scene.start();
      const query = talk.query
        .replace('$channel: String!', '$channel: String!, $after: Cursor')
        .replace('channel: $channel', 'channel: $channel, after: $after')
        .replace('{ message }', '{ message cursor }');
      const witness = await scene.witness(app, { query });
      await tell(witness, app, 1, 2);
      const after = witness.shown[0]!['cursor'];
      const client = await scene.listening(app, { query, variables: { ...talk.variables, after } });
      await tell(client, app, 3);
      if (scene.way.isAcknowledged) await scene.known(app);
      await client.away(() => say(app, channel, 4));
      await tell(client, app, 5);
      expect(numbers(client)).toEqual(range(2, 5));
    },
  },
  {
    number: 'D8',
    says: 'gives each event the same `position` and `follows` on whatever way, live or later',
    unless: {},
    async prove(scene) {
      const app = await scene.start();
      const query = talk.query.replace('{ message }', '{ message position follows }');
      const witness = await scene.witness(app, { query });
      const client = await scene.listening(app, { query });
      await tell(client, app, 1, 3);
      if (scene.way.isAcknowledged) await scene.known(app);
      await client.away(() => tell(witness, app, 4, 6));
      await tell(client, app, 7);
      await shownNumber(witness, 7);
      expect(client.shown).toEqual(witness.shown);
      for (const [at, { follows }] of witness.shown.slice(1).entries())
        expect(follows).toBe(witness.shown[at]!['position']);
    },
  },
];
