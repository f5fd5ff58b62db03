/** Proves that no part waits for the log: what cannot be written is dropped and counted, and all else goes on. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function tFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dispatch-log-'));
  undos.push(() => rm(folder, { recursive: true }));
  return folder;
}

function tOpen(path: string, flags: string | number): number {
  const fd = openSync(path, flags);
  undos.push(() => closeSync(fd));
  return fd;
}

/** Sends requests, each of which is a line of the log, until lines were dropped. */
async function floodUntilDropped(server: ServerProcess): Promise<number> {
  return until(
    'lines are dropped',
    async () => {
      const asked = Array.from({ length: 100 }, () => fetch(`${server.url}/graphql?query={__typename}`));
      expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
      return dropped(server);
    },
    60_000,
  );
}

async function dropped(server: ServerProcess): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^dispatch_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

/** A pipe that nobody reads yet: what goes into it, and what comes out. */
function tStalledPipe(folder: string): { readonly into: number; readonly from: number } {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const from = tOpen(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { into: tOpen(path, constants.O_WRONLY), from };
}

function readAll(from: number): string {
  const bytes = Buffer.alloc(1024 * 1024);
  try {
    return bytes.toString('utf8', 0, readSync(from, bytes));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' });
    return '';
  }
}

const isOkay = async ({ url }: ServerProcess, path: string) => (await fetch(`${url}${path}`)).status === 200;

test('on a volume that is full it serves, says so on the standard error, and ends in order', async () => {
  const server = await tServerProcess({}, { stdout: tOpen('/dev/full', 'w') });
  expect(await floodUntilDropped(server)).toBeGreaterThan(0);
  expect(await isOkay(server, '/health/live')).toBe(true);
  expect(await isOkay(server, '/health/ready')).toBe(true);
  expect(server.lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      level: 50,
      reason: 'ENOSPC',
      msg: expect.stringContaining('cannot be written'),
    }),
  ]);
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}, 90_000);

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot(
  'when there is room on the volume again, the log goes on with one line that says how much is missing',
  async () => {
    const folder = await tFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', folder]);
    undos.push(() => execFileSync('umount', ['--lazy', folder]));
    writeFileSync(join(folder, 'other'), Buffer.alloc(96 * 1024));
    const path = join(folder, 'log');
    const server = await tServerProcess({}, { stdout: tOpen(path, 'a') });
    await floodUntilDropped(server);
    expect(await isOkay(server, '/health/ready')).toBe(true);
    rmSync(join(folder, 'other'));
    const lines = await until('the log goes on', async () => {
      const text = await readFile(path, 'utf8');
      return text.includes('can be written again') && text.endsWith('\n')
        ? text.trimEnd().split('\n')
        : undefined;
    });
    const parsed = lines.map((line) => JSON.parse(line) as { msg: string; dropped?: number });
    const told = parsed.filter(({ msg }) => msg.includes('can be written again'));
    expect(told).toEqual([expect.objectContaining({ level: 40, dropped: await dropped(server) })]);
    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await readFile(path, 'utf8')).toContain('"msg":"closed"');
  },
  90_000,
);

test('with a reader that stalls it serves; when the reader goes on, so does the log, with every line whole', async () => {
  const pipe = tStalledPipe(await tFolder());
  const server = await tServerProcess({}, { stdout: pipe.into });
  await floodUntilDropped(server);
  expect(await isOkay(server, '/health/ready')).toBe(true);
  let text = '';
  await until('the log goes on', () => {
    text += readAll(pipe.from);
    return text.includes('can be written again') && text.endsWith('\n');
  });
  const lines = text.trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as { msg: string; dropped?: number });
  expect(parsed.filter(({ msg }) => msg.includes('can be written again'))).toEqual([
    expect.objectContaining({ dropped: await dropped(server) }),
  ]);
  expect(parsed.some(({ msg }) => msg === 'ready')).toBe(true);
}, 90_000);

test('with a reader that stalls it ends in order', async () => {
  const pipe = tStalledPipe(await tFolder());
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '5000' }, { stdout: pipe.into });
  await floodUntilDropped(server);
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}, 90_000);

test('when its reader is gone it serves, and ends in order', async () => {
  const server = await tServerProcess();
  server.child.stdout!.destroy();
  await floodUntilDropped(server);
  expect(await isOkay(server, '/health/ready')).toBe(true);
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}, 90_000);

test('warnings of Node, for which it would wait, are lines of the log', async () => {
  const warn = `setTimeout(() => process.emitWarning('something is odd'), 3_000)`;
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(warn)}`];
  const server = await tServerProcess({}, { nodeFlags });
  const line = await server.printed('something is odd');
  expect(JSON.parse(line)).toMatchObject({
    level: 40,
    msg: 'a warning of Node',
    err: { message: 'something is odd' },
  });
});

test('a start that fails says why, whatever the log goes to', async () => {
  const path = join(await tFolder(), 'log');
  const starting = tServerProcess({ HOST: '192.0.2.1' }, { stdout: tOpen(path, 'a') });
  await expect(starting).rejects.toThrow('{"code":1,"signal":null}');
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(parsed[0]!.msg).toBe('starting');
  expect(parsed.at(-1)).toMatchObject({ level: 60, msg: 'the service could not start' });
});
