/** A stream that is asked for behind another one, on the same connection of HTTP/1.1, has no way to its client before that one ends. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { acceptParts } from '../support/multipart.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';
import { postShared } from '../support/shared-stream.ts';
import { tTicket } from '../support/stream-tickets.ts';
import { messageBroadcast, say } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const channel = 'general';
const listening = { query: messageBroadcast, variables: { channel } };

test('it lives, has arrived nowhere, and ends with its connection', async () => {
  // What streams look for from time to time they look for at once.
  const app = await tApp({ EVENT_STREAM_TICKETS: 'header', KEEP_ALIVE_MS: '50' });
  const token = await app.token();
  const ticket = await tTicket(app.url, token);
  const client = await tPacedClient(app.url);
  client.read({ bytes: 100_000, everyMs: 10 });
  const opening = ['GET /graphql HTTP/1.1', 'host: service', `authorization: Bearer ${token}`];
  const behind = [...opening, `x-graphql-event-stream-token: ${ticket}`, '', ''].join('\r\n');
  const accepting = (type: string) => requestText(token, listening, [`accept: ${type}`]);
  client.send(accepting('text/event-stream') + behind);
  client.send(accepting(acceptParts) + accepting('text/event-stream'));
  const open = async (count: number) => {
    await until('they are open', async () => (await app.metric('dispatch_subscriptions')) === count);
    return Promise.all(['event_streams', 'multipart_streams'].map((name) => app.metric(`dispatch_${name}`)));
  };
  await open(3);
  expect((await postShared(app.url, { token, ticket }, listening, randomUUID())).status).toBe(202);
  expect(await open(4)).toEqual([3, 1]);
  await say(app, channel, 1);
  // A heartbeat later all of them were looked at.
  const heard = (text: string) => text.slice(text.indexOf('"message":"1"')).split('\n:\n').length > 2;
  await client.until((text) => text.includes('"message":"1"') && heard(text));
  expect(await app.metric('dispatch_acknowledgements_total')).toBe(0);
  client.close();
  expect(await open(0)).toEqual([0, 0]);
  expect([await app.metric('dispatch_unread_bytes'), await app.metric('dispatch_outbox_bytes')]).toEqual([
    0, 0,
  ]);
});
