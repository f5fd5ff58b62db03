/** Proves what the service says of itself and of others: metrics name no viewer, and development says that it is open. */
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { send } from '../support/http.ts';
import { createDispatch } from '../support/operations.ts';

test('metrics name no viewer, no dispatch and no address', async () => {
  const app = await tApp();
  const token = await app.token({ sub: 'viewer-4711', name: 'Viewer Name', role: 'dispatcher' });
  await app.ask('query SecretName { despachos { id } }', {}, token);
  await createDispatch(app);
  const socket = await tAcknowledgedSocket(app.wsUrl, token);
  const query = 'subscription { messageBroadcast(channel: "user:viewer-4711:notas") { id } }';
  socket.send({ id: 'a', type: 'subscribe', payload: { query } });
  const payload = { query: '{ connectionStats { users } }' };
  socket.send({ id: 'b', type: 'subscribe', payload });
  await socket.until(() => socket.messages.some(({ id }) => id === 'b'));
  const { text } = await send(`${app.url}/metrics`);
  expect(text).toContain('dispatch_ws_connections 1');
  expect(text).not.toMatch(/viewer-4711|Viewer Name|SecretName|127\.0\.0\.1/);
});

test('the development mode says in its log that everybody knows its secret', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  await tApp({ NODE_ENV: 'development' }, { log });
  expect(lines.some((line) => line.includes('which everybody knows'))).toBe(true);
});
