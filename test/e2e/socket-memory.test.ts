/** Proves that nothing of the request by which a socket was opened is kept for as long as the socket lives. */
import { IncomingMessage } from 'node:http';
import { queryObjects } from 'node:v8';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';

const count = 20;

/** Requests, and answers to those of this process, that are still reachable. */
const reachable = (): number => queryObjects(IncomingMessage, { format: 'count' });

test(`of ${count} sockets no request is kept`, async () => {
  const app = await tApp();
  const token = await app.token();
  const open = () => tAcknowledgedSocket(app.wsUrl, token);
  await open();
  const before = reachable();
  const sockets = await Promise.all(Array.from({ length: count }, open));
  // As many as there are sockets would be one for each: those of the clients of this test, or those of the service.
  expect(reachable() - before).toBeLessThan(count);
  expect(sockets.every(({ socket }) => socket.readyState === socket.OPEN)).toBe(true);
});
