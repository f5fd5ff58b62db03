/** Proves the page of ten lines of docs/frontend-developers.md: pasted into Vite, React and TypeScript, it is live, in a real browser. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCodeBlocks } from '../../src/cli/schema-check/operations/code-blocks.ts';
import { tPage } from '../support/board-page.ts';
import { tPageServer } from '../support/live/page-server.ts';
import { PublishedProject } from '../support/live/published.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { freePort, tIdleProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/frontend-developers.md'), 'utf8');
const [page] = readCodeBlocks(docs)
  .filter(({ language }) => language === 'tsx')
  .map(({ text }) => text);

let project: PublishedProject;
beforeAll(() => {
  project = new PublishedProject();
}, 300_000);
afterAll(() => project.remove());

/** The page, built to speak to the service at a URL. */
function build(url: string, change = (text: string) => text): string {
  project.write(
    'index.html',
    '<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/src/main.tsx"></script>',
  );
  project.write('src/main.tsx', change(page!.replaceAll('http://localhost:4004', url)));
  project.checkTypes();
  return project.buildPage();
}

test('it has ten lines, and none about cursors', () => {
  expect(page!.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
  expect(page).not.toMatch(/cursor|after|version|retry/i);
});

test('it shows a list that goes on through a restart and beyond the end of tokens that live for eight seconds', async () => {
  const server = await (await tIdleProcess({ CORS_ORIGIN: '*' })).start();
  const one = await createDispatch(server.client);
  const pages = await tPageServer(build(server.url), () => server.client.token({}, 8_000));
  const { page: tab, complaints } = await tPage(pages.url);
  const shown = async () => (await tab.locator('#root').textContent())?.trim();
  const shows = (text: string) =>
    until(`it shows ${text}`, async () => (await shown()) === text, 120_000).catch(async (error: unknown) => {
      throw new Error(`${String(error)}, but ${await shown()}\n${complaints.join('\n')}`);
    });
  await shows(`${one} PENDIENTE`);
  const two = await createDispatch(server.client);
  await shows(`${two} PENDIENTE\n${one} PENDIENTE`);
  await server.kill('SIGKILL');
  await server.start();
  await assign(server.client, one);
  await shows(`${two} PENDIENTE\n${one} ASIGNADO`);
  const before = pages.tokens;
  await until('two more tokens were asked for', () => pages.tokens >= before + 2, 120_000);
  await move(server.client, two, 'CANCELADO');
  await shows(`${one} ASIGNADO`);
}, 300_000);

test('in StrictMode it is the same, over one connection', async () => {
  const server = await (await tIdleProcess({ CORS_ORIGIN: '*' })).start();
  const one = await createDispatch(server.client);
  const strict = (text: string) =>
    `import { StrictMode } from 'react';\n${text.replace('<Board />', '<StrictMode><Board /></StrictMode>')}`;
  const pages = await tPageServer(build(server.url, strict), () => server.client.token());
  const { page: tab, complaints } = await tPage(pages.url);
  const shown = async () => (await tab.locator('#root').textContent())?.trim();
  await until('it shows the list', async () => (await shown()) === `${one} PENDIENTE`, 120_000);
  expect(await server.client.metric('dispatch_subscriptions')).toBe(1);
  await assign(server.client, one);
  await until('it shows the change', async () => (await shown()) === `${one} ASIGNADO`, 120_000);
  expect(complaints).toEqual([]);
}, 300_000);

test('where nothing answers it says so in its state, and not by an error', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const state = (text: string) =>
    text
      .replace('import { useDispatches }', 'import { useDispatches, useLiveState }')
      .replace(
        'const { rows } = useDispatches(live);',
        'useDispatches(live);\n  const { kind } = useLiveState(live);',
      )
      .replace(/return <pre>.*;/, 'return <pre>{kind}</pre>;');
  const pages = await tPageServer(build(url, state), () => Promise.resolve('none'));
  const { page: tab, complaints } = await tPage(pages.url);
  await until('it says so', async () => (await tab.locator('#root').textContent()) === 'connecting', 120_000);
  expect(complaints.filter((text) => !/ERR_CONNECTION_REFUSED/.test(text))).toEqual([]);
}, 300_000);

test('hooks show the newest event of a subscription, and how old what is shown may be', async () => {
  const server = await (await tIdleProcess({ CORS_ORIGIN: '*' })).start();
  const id = await createDispatch(server.client);
  const one = (text: string) =>
    text
      .replace('{ useDispatches }', '{ useLive, useLiveAge }')
      .replace(/^import/, "import { DispatchUpdatedDocument } from 'dispatch-live/operations';\nimport")
      .replace('const { rows } = useDispatches(live);', 'const age = useLiveAge(live);')
      .replace(
        /return <pre>.*;/,
        `const { data, error } = useLive(live, DispatchUpdatedDocument, { id: '${id}' });
  return <pre>{error ? error.code : \`\${data?.dispatchUpdated.dispatch.estado} \${typeof age}\`}</pre>;`,
      );
  const pages = await tPageServer(build(server.url, one), () => server.client.token());
  const { page: tab, complaints } = await tPage(pages.url);
  const shown = () => tab.locator('#root').textContent();
  await until('it shows the state', async () => (await shown()) === 'PENDIENTE number', 120_000);
  await assign(server.client, id);
  await until('it shows the change', async () => (await shown()) === 'ASIGNADO number', 120_000);
  expect(complaints).toEqual([]);
}, 300_000);
