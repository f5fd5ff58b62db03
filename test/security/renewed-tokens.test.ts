/** A token with which a session is renewed is written down nowhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { tRedis } from '../support/redis.ts';
import { renew, renewByPing, renewSession } from '../support/renewal.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

test('the token of a renewal is in no log line, no metric, no record and no command to Redis', async () => {
  await using redis = await tRedis();
  const commands: string[] = [];
  const monitor = await redis.client.duplicate().monitor();
  monitor.on('monitor', (_time, args: string[]) => commands.push(args.join(' ')));
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const folder = tTemporaryFolder();
  const app = await tApp({ REDIS_URL: redis.url, DATA_DIR: folder, RATE_LIMIT_SCALE: '1' }, { log });

  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  const tokens = await Promise.all([
    ...['dispatcher', 'hospital', 'paramedic'].map((role) => app.token({ role })),
    app.token({ sub: 'berta' }),
    app.token({}, -3_600_000),
  ]);
  for (const token of [...tokens, `${tokens[0]}x`]) {
    await renew(socket, token);
    await renewByPing(socket, { token });
    await app.ask(renewSession, { token });
  }
  // Another mutation leaves its name there, by the id of its operation.
  const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
  const query = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }';
  socket.send({ id, type: 'subscribe', payload: { query } });
  await socket.message('next', id);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  socket.socket.close();
  await socket.closed();
  await app.close();
  monitor.disconnect();

  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  expect([lines.length, commands.length, files.length].every((count) => count > 0)).toBe(true);
  for (const written of [lines.join(''), commands.join('\n'), metrics, ...files])
    for (const token of tokens) expect(written.includes(token.split('.').at(-1)!)).toBe(false);
}, 30_000);
