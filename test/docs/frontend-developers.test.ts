/** Proves that the snippets for frontend developers do what their page says, even when the connection breaks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readCodeBlocks } from '../../src/cli/schema-check/operations/code-blocks.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { Facts } from '../support/graphql-client.ts';
import { tLossyProxy } from '../support/lossy-proxy.ts';
import { assign, createDispatch, move, report } from '../support/operations.ts';
import { numbersOf, say, type Message } from '../support/unaware-client.ts';
import { until as untilTrue } from '../support/until.ts';

const project = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(project, 'docs/frontend-developers.md'), 'utf8');

/** The code in the section with this title. */
function snippet(title: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  return readCodeBlocks(section)
    .filter(({ language }) => language === 'js')
    .map(({ text }) => text)
    .join('\n');
}

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** A service whose answers to the first two POSTs are lost. */
async function tForgetful(app: RunningApp): Promise<RunningApp> {
  let lost = 0;
  const server = createServer((request, response) => {
    const forward = async () => {
      const body = request.method === 'POST' ? await text(request) : null;
      const { authorization = '', 'idempotency-key': key = '' } = request.headers as Record<string, string>;
      const headers = { 'content-type': 'application/json', authorization, 'idempotency-key': key };
      const answer = await fetch(app.url + request.url!, { method: 'POST', headers, body });
      lost += 1;
      if (lost <= 2) response.destroy();
      else response.end(await answer.text());
    };
    forward().catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { ...app, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface SnippetOptions {
  readonly tokens?: readonly string[];
  /** How often it does what the page does every 15 s. */
  readonly everyMs?: number;
}

/** Runs a snippet as a program. It reaches the service through a proxy whose connections can be cut. */
async function tSnippet<T>(title: string, app: RunningApp, { tokens, everyMs }: SnippetOptions = {}) {
  const wire = await tCutProxy(app.url);
  const text = snippet(title).replaceAll('localhost:4004', wire.host);
  const code = everyMs === undefined ? text : text.replace('15_000', String(everyMs));
  const args = [
    '--disable-warning=UNDICI-ES',
    '--import',
    resolve(project, 'test/support/snippet.ts'),
    '--input-type=module',
    '--eval',
    code,
  ];
  const child = spawn(process.execPath, args, {
    cwd: project,
    env: { ...process.env, TOKENS: (tokens ?? [await app.token()]).join(' ') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undos.push(() => child.kill('SIGKILL'));
  const facts = new Facts();
  const shown: T[] = [];
  const complaints: string[] = [];
  let isOver = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    shown.push(JSON.parse(line) as T);
    facts.changed();
  });
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  child.once('close', () => {
    isOver = true;
    facts.changed();
  });
  return {
    wire,
    shown,
    complaints,
    async until(isThere: () => boolean) {
      await facts.until(() => isThere() || isOver);
      if (!isThere()) throw new Error(`It exited first:\n${complaints.join('\n')}`);
    },
  };
}

test('the snippet for mutations makes a dispatch once, although its answer is lost twice', async () => {
  const app = await tApp();
  const { shown, until, complaints } = await tSnippet('Mutations, once', await tForgetful(app));
  await until(() => shown.length === 1);
  expect(shown).toEqual([{ id: '1', version: 1 }]);
  const { data } = await app.ask<{ despachos: unknown[] }>('{ despachos { id } }');
  expect(data!.despachos).toHaveLength(1);
  expect(complaints).toEqual([]);
}, 30_000);

interface ShownUpdate {
  readonly changeType: string;
  readonly dispatch: { readonly version: number };
}

describe.each(['graphql-ws', 'Server-Sent Events', 'EventSource'])('the snippet for %s', (title) => {
  test('shows a dispatch from its current state on, and resumes after its cursor when the connection broke', async () => {
    const app = await tApp({ EVENT_STREAM_TICKETS: 'url' });
    const id = await createDispatch(app);
    expect(id).toBe('1');
    const { wire, shown, until, complaints } = await tSnippet<ShownUpdate>(title, app);
    await until(() => shown.length === 1);
    await assign(app, id);
    await until(() => shown.length === 2);
    wire.cut();
    await move(app, id, 'EN_CAMINO');
    await move(app, id, 'EN_SITIO');
    wire.mend();
    await until(() => shown.length === 4);
    await move(app, id, 'COMPLETADO');
    await until(() => shown.length === 5);
    expect(shown.map(({ changeType, dispatch }) => [changeType, dispatch.version])).toEqual([
      ['SNAPSHOT', 1],
      ['ASSIGNED', 2],
      ['STATUS_CHANGED', 3],
      ['STATUS_CHANGED', 4],
      ['STATUS_CHANGED', 5],
    ]);
    expect(complaints).toEqual([]);
  }, 30_000);
});

test('the snippet for graphql-sse, single connection, misses nothing when the connection broke, without a cursor', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'header' });
  const id = await createDispatch(app);
  const title = 'graphql-sse, single connection';
  const { wire, shown, until, complaints } = await tSnippet<ShownUpdate>(title, app);
  const hasVersion = (wanted: number) => () => shown.some(({ dispatch }) => dispatch.version === wanted);
  await until(hasVersion(1));
  await assign(app, id);
  await until(hasVersion(2));
  const looks = () => app.metric('dispatch_acknowledgements_total');
  const before = await looks();
  await untilTrue('it has arrived', async () => (await looks()) > before);
  wire.cut();
  await move(app, id, 'EN_CAMINO');
  await move(app, id, 'EN_SITIO');
  wire.mend();
  await until(hasVersion(4));
  // What had come just before may be shown again.
  expect([...new Set(shown.map(({ dispatch }) => dispatch.version))]).toEqual([1, 2, 3, 4]);
  expect(complaints).toEqual([]);
}, 30_000);

test('the snippet for Apollo Client lists the board, and shows every change after the list', async () => {
  const app = await tApp();
  const first = await createDispatch(app);
  const { wire, shown, until, complaints } = await tSnippet<{ id: string; version: number }>(
    'Apollo Client',
    app,
  );
  await until(() => shown.length === 1);
  await assign(app, first);
  await until(() => shown.length === 2);
  wire.cut();
  const second = await createDispatch(app);
  await move(app, first, 'EN_CAMINO');
  wire.mend();
  await until(() => shown.length === 4);
  expect(shown.map(({ id, version }) => [id, version])).toEqual([
    [first, 1],
    [first, 2],
    [second, 1],
    [first, 3],
  ]);
  expect(complaints).toEqual([]);
}, 30_000);

test('the snippet for urql follows an ambulance', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id);
  await report(app, id, -16.1);
  const { wire, shown, until, complaints } = await tSnippet<{
    readonly snapshot: boolean;
    readonly location: { readonly latitud: number };
  }>('urql', app);
  await until(() => shown.length === 1);
  await report(app, id, -16.2);
  await until(() => shown.length === 2);
  wire.cut();
  await report(app, id, -16.3);
  await report(app, id, -16.4);
  wire.mend();
  await until(() => shown.length === 4);
  expect(shown.map(({ snapshot, location }) => [snapshot, location.latitud])).toEqual([
    [true, -16.1],
    [false, -16.2],
    [false, -16.3],
    [false, -16.4],
  ]);
  expect(complaints).toEqual([]);
}, 30_000);

test('the snippet that renews its token goes on beyond the end of the first one', async () => {
  const clock = new ManualClock();
  // The snippet is another process, which answers while the clock is moved, or a little later.
  const app = await tApp({ KEEP_ALIVE_MS: '300000' }, { clock });
  const tokens = [await app.token({}, 90_000), await app.token({ role: 'paramedic' }, 3_600_000)];
  const { shown, until, complaints } = await tSnippet<Message>('Renewing the token', app, { tokens });
  await untilTrue('it listens', async () => (await app.metric('dispatch_subscriptions')) === 1);
  await say(app, 'general', 1);
  await until(() => shown.length === 1);
  const admin = await app.token({ sub: 'root', role: 'admin' });
  const role = async () => {
    const { data } = await app.ask<{ onlineUsers: { role: string }[] }>(
      '{ onlineUsers { role } }',
      {},
      admin,
    );
    return data!.onlineUsers[0]?.role;
  };
  while ((await role()) !== 'paramedic') await clock.advance(1_000);
  await clock.advance(120_000);
  await say(app, 'general', 2);
  await until(() => shown.length === 2);
  expect(numbersOf(shown)).toEqual([1, 2]);
  expect(await app.metric('dispatch_ws_connections_closed_total')).toBe(0);
  expect(complaints).toEqual([]);
}, 30_000);

test('the snippet for gaps on the way shows what was dropped, as soon as the next event comes', async () => {
  const app = await tApp();
  const lossy = await tLossyProxy(app.url);
  const { shown, until, complaints } = await tSnippet<
    ShownUpdate & { readonly dispatch: { readonly id: string } }
  >('Gaps on the way', {
    ...app,
    url: lossy.url,
  });
  await untilTrue('it is live', async () => (await app.metric('dispatch_subscriptions')) === 1);
  const [one, two] = [await createDispatch(app), await createDispatch(app)];
  await assign(app, one);
  await until(() => shown.length === 1);
  lossy.drop(2);
  await assign(app, two);
  await move(app, one, 'EN_CAMINO');
  // Two events that this filter does not show lie between: they are no gap.
  for (const estado of ['EN_SITIO', 'COMPLETADO']) await move(app, one, estado);
  await untilTrue('both came', async () => lossy.events === 3);
  expect(shown).toHaveLength(1);
  await move(app, two, 'EN_CAMINO');
  await until(() => shown.length === 4);
  expect(shown.map(({ dispatch: { id, version } }) => [id, version])).toEqual([
    [one, 2],
    [two, 2],
    [one, 3],
    [two, 3],
  ]);
  expect(complaints).toEqual([]);
}, 30_000);

test('the snippet for gaps on the way shows a last event that was dropped, once it has asked where its stream stands', async () => {
  const app = await tApp();
  const lossy = await tLossyProxy(app.url);
  const { shown, until, complaints } = await tSnippet<ShownUpdate>(
    'Gaps on the way',
    { ...app, url: lossy.url },
    { everyMs: 500 },
  );
  await untilTrue('it is live', async () => (await app.metric('dispatch_subscriptions')) === 1);
  const id = await createDispatch(app);
  await assign(app, id);
  await until(() => shown.length === 1);
  lossy.drop(1);
  await move(app, id, 'EN_CAMINO');
  await until(() => shown.length === 2);
  expect(shown.map(({ dispatch: { version } }) => version)).toEqual([2, 3]);
  expect(complaints).toEqual([]);
}, 60_000);
