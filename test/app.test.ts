/** Proves that the whole service starts, deletes old events, and stops without leaving anything behind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { createApp, type App } from '../src/app.ts';
import { parseConfig } from '../src/config/config.ts';
import { createTestClient } from './support/test-client.ts';
import { tApp } from './support/app.ts';
import { ManualClock } from './support/clock.ts';
import { subscribe, tClient } from './support/graphql-client.ts';
import { createDispatch, dispatchUpdated, type Update } from './support/operations.ts';
import { tRedis } from './support/redis.ts';
import { until } from './support/until.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

function tFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'app-'));
  undos.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const environment = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: ':memory:',
  RATE_LIMIT_SCALE: '0',
};

/** An app that has not been started; it is closed after the test. */
function createTestApp(env: Record<string, string>, clock?: ManualClock): App {
  const config = parseConfig({ ...environment, ...env });
  const app = createApp(config, { log: pino({ level: 'silent' }), ...(clock && { clock }) });
  undos.push(() => app.close());
  return app;
}

describe('what cannot be done as a setting asks is told with its name', () => {
  test('a folder in which nothing can be made', async () => {
    await expect(createTestApp({ DATA_DIR: '/proc/x/y' }).start()).rejects.toThrow(
      /^DATA_DIR is \/proc\/x\/y, which cannot be used: ENOENT/,
    );
  });

  test('a file in place of the folder', async () => {
    const file = join(tFolder(), 'file');
    writeFileSync(file, '');
    await expect(createTestApp({ DATA_DIR: join(file, 'x') }).start()).rejects.toThrow(
      /^DATA_DIR is .*, which cannot be used: ENOTDIR/,
    );
    await expect(createTestApp({ DATA_DIR: file }).start()).rejects.toThrow(
      /^DATA_DIR is .*, which cannot be used: /,
    );
  });

  test('a database that is none', async () => {
    const folder = tFolder();
    writeFileSync(join(folder, 'dispatch.sqlite'), 'This is no database. '.repeat(100));
    await expect(createTestApp({ DATA_DIR: folder }).start()).rejects.toThrow(
      /^DATA_DIR is .*, which cannot be used: file is not a database/,
    );
  });

  test('a database that cannot be used names its path, whichever part of the start finds out', async () => {
    const folder = tFolder();
    const path = join(folder, 'dispatch.sqlite');
    const first = createTestApp({ DATA_DIR: folder });
    await first.start();
    await first.close();
    const file = new Sqlite(path);
    file.exec('drop table record_facts');
    file.close();
    const relativePath = relative(process.cwd(), folder);
    await expect(createTestApp({ DATA_DIR: relativePath }).start()).rejects.toThrow(
      `DATA_DIR is ${relativePath}, which cannot be used: no such table: record_facts. The database is ${path}.`,
    );
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('a volume that is full', async () => {
    const folder = tFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', folder]);
    undos.push(() => execFileSync('umount', ['--lazy', folder]));
    await expect(createTestApp({ DATA_DIR: folder }).start()).rejects.toThrow(
      `The database is ${join(folder, 'dispatch.sqlite')}.`,
    );
  });

  test('a port that is in use, and an address that is not of this machine', async () => {
    const { url } = await tApp();
    const { port } = new URL(url);
    await expect(createTestApp({ PORT: port }).start()).rejects.toThrow(`PORT is ${port}, which is in use`);
    await expect(createTestApp({ HOST: '192.0.2.1' }).start()).rejects.toThrow(/^HOST is 192\.0\.2\.1, /);
  });
});

test('events older than their retention are deleted from the audit trail, hour by hour', async () => {
  const clock = new ManualClock();
  const app = createTestApp({ EVENT_RETENTION_DAYS: '1' }, clock);
  const { url } = await app.start();
  const client = createTestClient(url, parseConfig(environment));
  const admin = await client.token({ role: 'admin' });
  const trail = async () =>
    (await client.ask<{ events: unknown[] }>('{ events { id } }', {}, admin)).data!.events;
  const hourMs = 3_600_000;
  await createDispatch(client);
  await clock.advance(23 * hourMs);
  await createDispatch(client);
  expect(await trail()).toHaveLength(2);
  await clock.advance(2 * hourMs);
  await until('the older one is gone', async () => (await trail()).length === 1);
  // The dispatch itself stays.
  expect((await client.ask<{ despachos: unknown[] }>('{ despachos { id } }')).data!.despachos).toHaveLength(
    2,
  );
}, 60_000);

describe('a start that fails', () => {
  test('releases everything that it had acquired', async () => {
    const other = await tApp();
    const folder = tFolder();
    const app = createTestApp({ DATA_DIR: folder, PORT: new URL(other.url).port });
    await expect(app.start()).rejects.toMatchObject({ name: 'SettingError', cause: { code: 'EADDRINUSE' } });
    const again = createTestApp({ DATA_DIR: folder });
    await expect(again.start()).resolves.toHaveProperty('url');
  });

  test('names the folder when another process uses it', async () => {
    const folder = tFolder();
    await createTestApp({ DATA_DIR: folder }).start();
    await expect(createTestApp({ DATA_DIR: folder }).start()).rejects.toThrow(/DATA_DIR/);
  });
});

describe('the end', () => {
  test('happens once, however often it is asked for', async () => {
    const app = createTestApp({});
    await app.start();
    expect(await Promise.all([app.close(), app.close()])).toEqual(['clean', 'clean']);
    expect(await app.close()).toBe('clean');
  });

  test('waits for a start that is under way', async () => {
    const app = createTestApp({ DATA_DIR: tFolder() });
    const starting = app.start();
    expect(await app.close()).toBe('clean');
    const { url } = await starting;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  test('leaves no connection, no channel and no key without expiry in Redis', async () => {
    await using redis = await tRedis();
    const app = await tApp({ REDIS_URL: redis.url });
    const id = await createDispatch(app);
    const shown = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    expect((await redis.leftovers()).clients).not.toEqual([]);
    await app.close();
    expect(await redis.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
  });
});
