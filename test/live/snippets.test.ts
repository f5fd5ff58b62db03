/** Proves that the snippets for the client package compile, against the package as it is published, and do what their page says. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readCodeBlocks } from '../../src/cli/schema-check/operations/code-blocks.ts';
import { tApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { Facts } from '../support/graphql-client.ts';
import { PublishedProject } from '../support/live/published.ts';
import { assign, createDispatch, move } from '../support/operations.ts';

const root = resolve(import.meta.dirname, '../..');
const docs = readFileSync(resolve(root, 'docs/frontend-developers.md'), 'utf8');

function snippet(title: string): string {
  const section = docs.split(/^### /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  const [block] = readCodeBlocks(section).filter(({ language }) => language === 'ts');
  if (!block) throw new Error(`There is no snippet for ${title}.`);
  return block.text;
}

const titles = ['Without a framework', 'With Apollo Client', 'With urql'];

let project: PublishedProject;
beforeAll(() => {
  project = new PublishedProject();
}, 300_000);
afterAll(() => project.remove());

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** Runs it as a program, which reaches the service over a connection that can be cut. */
async function tProgram(title: string) {
  const app = await tApp();
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const code = snippet(title).replaceAll('localhost:4004', wire.host);
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=UNDICI-ES'];
  const globals = ['--import', resolve(root, 'test/support/snippet.ts')];
  const child = spawn(
    process.execPath,
    [...flags, ...globals, '--input-type=module-typescript', '--eval', code],
    {
      cwd: project.folder,
      env: { ...process.env, TOKENS: await app.token() },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  undos.push(() => child.kill('SIGKILL'));
  const facts = new Facts();
  const shown: string[] = [];
  const complaints: string[] = [];
  let isOver = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    shown.push(line);
    facts.changed();
  });
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  child.once('close', () => {
    isOver = true;
    facts.changed();
  });
  const shows = async (isThere: (line: string) => boolean) => {
    await facts.until(
      () => shown.some(isThere) || isOver,
      () => ({ shown, complaints }),
    );
    if (!shown.some(isThere)) throw new Error(`It exited first:\n${complaints.join('\n')}`);
  };
  return { app, id, wire, shows, complaints };
}

test('all of them compile', () => {
  for (const [at, title] of titles.entries()) project.write(`src/snippet-${at}.ts`, snippet(title));
  project.checkTypes(
    'declare function getToken(): Promise<string>;\ndeclare function show(value: unknown): void;\n',
  );
}, 300_000);

test.each(['Without a framework', 'With urql'])(
  '%s, a dispatch is shown over a break',
  async (title) => {
    const { app, id, wire, shows, complaints } = await tProgram(title);
    await shows((line) => line.includes('SNAPSHOT'));
    wire.cut();
    await assign(app, id);
    await move(app, id, 'EN_CAMINO');
    wire.mend();
    await shows((line) => line.includes('"version":3'));
    expect(complaints).toEqual([]);
  },
  120_000,
);

test('with Apollo Client, a list takes what comes and loses what leaves, over a break', async () => {
  const { app, id, wire, shows, complaints } = await tProgram('With Apollo Client');
  await shows((line) => line === '[]');
  await assign(app, id);
  await shows((line) => line === `["${id} ASIGNADO"]`);
  wire.cut();
  const other = await createDispatch(app);
  await assign(app, other);
  await move(app, id, 'EN_CAMINO');
  wire.mend();
  await shows((line) => line === `["${other} ASIGNADO"]`);
  expect(complaints).toEqual([]);
}, 120_000);
