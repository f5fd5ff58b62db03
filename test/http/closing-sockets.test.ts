/** Proves when the service ends a socket whose client does not answer the close frame. */
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { until } from '../support/until.ts';

test('a client that does not answer the close frame has five seconds to do so', async () => {
  const clock = new ManualClock();
  const app = await tApp({ KEEP_ALIVE_MS: '600000' }, { clock });
  const token = await app.token({}, 60_000);
  const socket = await tAcknowledgedSocket(app.wsUrl, token);
  (socket.socket as WebSocket & { _socket: Socket })._socket.pause();
  // Tokens are accepted for two seconds longer than they are valid.
  await clock.advance(62_000);
  await clock.advance(5_000);
  expect(await app.metric('dispatch_ws_connections')).toBe(1);
  await clock.advance(1_000);
  await until('it is ended', async () => (await app.metric('dispatch_ws_connections')) === 0);
});
