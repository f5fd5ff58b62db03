/** What `renewSession` says to those who are on no WebSocket. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tEventClient } from '../support/event-stream.ts';
import { subscribe } from '../support/graphql-client.ts';
import { renewSession } from '../support/renewal.ts';

const notHere = { extensions: { code: 'BAD_REQUEST' }, message: expect.stringContaining('WebSocket') };

test('over HTTP there is nothing to renew', async () => {
  const app = await tApp();
  const { data, errors } = await app.ask(renewSession, { token: await app.token() });
  expect({ data, errors }).toMatchObject({ data: null, errors: [notHere] });
});

test('nor over an event stream', async () => {
  const app = await tApp();
  const token = await app.token();
  const shown = subscribe(tEventClient(app.url, token), renewSession, { token });
  await shown.ended();
  expect(shown.failures).toMatchObject([notHere]);
});
