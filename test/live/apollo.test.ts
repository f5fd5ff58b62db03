/** Proves the link and the cache for Apollo Client, 3 and 4: the newer answer wins, lists are right, and events leave nothing behind. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { tApp } from '../support/app.ts';
import { Facts } from '../support/graphql-client.ts';
import type { createApolloApp } from '../support/live/apollo-scenario.ts';
import { assign, createDispatch, createDispatches, move } from '../support/operations.ts';
import { until } from '../support/until.ts';

const scenario = resolve(import.meta.dirname, '../support/live/apollo-scenario.ts');

describe.each([
  ['4', '@apollo/client'],
  ['3', 'apollo-client-3'],
])('Apollo Client %s', (_version, name) => {
  let folder: string;
  let createApp: typeof createApolloApp;

  beforeAll(async () => {
    // Inside this project, so that its packages are found.
    const data = resolve(import.meta.dirname, '../../.data');
    await mkdir(data, { recursive: true });
    folder = await mkdtemp(join(data, 'apollo-'));
    const outfile = join(folder, 'app.mjs');
    await build({
      entryPoints: [scenario],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      alias: { '@apollo/client': name },
      external: ['graphql', 'graphql-ws', 'graphql-sse', 'ws', 'rxjs', 'react'],
      logLevel: 'error',
    });
    const bundled = (await import(pathToFileURL(outfile).href)) as {
      createApolloApp: typeof createApolloApp;
    };
    createApp = bundled.createApolloApp;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('shows new rows, loses those that have left, and lets no late answer win', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const apollo = createApp(app.url, await app.token());
    const facts = new Facts();
    const errors: unknown[] = [];
    const ids = (estado: string) => apollo.rowsIn(estado)?.map((row) => row.id);
    expect(await apollo.list('PENDIENTE')).toMatchObject([{ id, version: 1 }]);
    expect(await apollo.list('ASIGNADO')).toEqual([]);
    apollo.watch(
      () => facts.changed(),
      (error) => errors.push(error),
    );
    await until('it listens', async () => (await app.metric('dispatch_subscriptions')) === 1);
    const other = await createDispatch(app);
    await facts.until(() => ids('PENDIENTE')?.length === 2);
    expect(ids('PENDIENTE')).toEqual([other, id]);
    await assign(app, id);
    await facts.until(() => ids('ASIGNADO')?.length === 1);
    expect(ids('PENDIENTE')).toEqual([other]);
    apollo.late({ id, version: 1, estado: 'PENDIENTE' });
    expect(apollo.versionOf(id)).toBe(2);
    expect(apollo.rowsIn('ASIGNADO')).toMatchObject([{ id, version: 2, estado: 'ASIGNADO' }]);
    apollo.late({ id, version: 3, estado: 'EN_CAMINO' });
    expect(apollo.versionOf(id)).toBe(3);
    expect(errors).toEqual([]);
    apollo.end();
  });

  test('two components that watch the same are both shown it, and a hundred events leave no entry of their own', async () => {
    const app = await tApp();
    const [id] = await createDispatches(app, 1);
    const apollo = createApp(app.url, await app.token());
    const facts = new Facts();
    const versions: number[][] = [[], []];
    const listeners = versions.map((seen) => (version: number) => {
      seen.push(version);
      facts.changed();
    });
    for (const listener of listeners)
      apollo.watch(listener, (error) => {
        throw error;
      });
    await until('both listen', async () => (await app.metric('dispatch_subscriptions')) === 2);
    await assign(app, id!, 'A-1');
    await facts.until(() => versions.every(({ length }) => length === 1));
    const before = apollo.entries();
    for (let at = 2; at <= 100; at += 1) await assign(app, id!, `A-${at}`);
    await facts.until(() => versions.every(({ length }) => length === 100));
    // A version of three digits is two characters longer than one of a single digit.
    expect(apollo.entries()).toBeLessThanOrEqual(before + 10);
    await move(app, id!, 'CANCELADO');
    await facts.until(() => versions.every(({ length }) => length === 101));
    expect(versions[0]).toEqual(versions[1]);
    apollo.end();
  });
});
