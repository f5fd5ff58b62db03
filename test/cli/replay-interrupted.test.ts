/** Proves that a replay can be interrupted at any time, and leaves nothing behind that it has begun. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Summary } from '../../src/cli/replay/tally.ts';
import { callLogRow, createCallLog, formatCallLog } from '../support/call-log.ts';
import { startGraphqlStandIn, type StandInOptions } from '../support/graphql-stand-in.ts';
import { freePort } from '../support/free-port.ts';
import { hasTerminals, tTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const program = resolve(import.meta.dirname, '../../src/cli/replay.ts');
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function tServer(options: StandInOptions = {}) {
  const server = await startGraphqlStandIn(options);
  undos.push(() => server.close());
  return server;
}

async function tFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function tFile(content: string): Promise<string> {
  const file = join(await tFolder(), 'calls.csv');
  await writeFile(file, content);
  return file;
}

function tReplay(args: readonly string[], options: { readonly cwd?: string } = {}) {
  const child = spawn(process.execPath, [program, ...args, '--json'], {
    ...{ env: {}, ...options },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undos.push(() => child.kill('SIGKILL'));
  const code = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: (async () => ({
      ...{ code: await code, stderr: await stderr },
      summary: JSON.parse((await stdout) || 'null') as Summary,
    }))(),
  };
}

const active = (server: Awaited<ReturnType<typeof tServer>>) =>
  server.dispatches().filter(({ estado }) => estado !== 'COMPLETADO' && estado !== 'CANCELADO');

describe('a replay that is interrupted', () => {
  async function tInterrupted(more: readonly string[], options: StandInOptions = {}) {
    const begun = Promise.withResolvers<void>();
    const server = await tServer({
      ...options,
      fault: (operation, before) => {
        if (operation.name === 'ReplayAssign') begun.resolve();
        return options.fault?.(operation, before);
      },
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 30 }).csv);
    const replay = tReplay([file, '--speed', '20', '--url', server.url, ...more]);
    await begun.promise;
    replay.kill('SIGINT');
    return { server, ...(await replay.ended) };
  }

  test('cancels what it has begun and not ended', async () => {
    const { server, code, summary } = await tInterrupted([]);
    expect(code).toBe(130);
    expect(active(server)).toEqual([]);
    expect(summary.dispatches.cleanedUp).toBeGreaterThan(0);
    expect(summary.dispatches.leftBehind).toBe(0);
    expect(summary.errors).toEqual({});
  });

  test('leaves it with --keep, and says how much', async () => {
    const { server, code, summary } = await tInterrupted(['--keep']);
    expect(code).toBe(130);
    expect(active(server).length).toBe(summary.dispatches.leftBehind);
    expect(summary.dispatches.leftBehind).toBeGreaterThan(0);
    expect(summary.dispatches.cleanedUp).toBe(0);
  });

  test('also waits for a limit of the rate while it cleans up', async () => {
    let refused = 0;
    const { server, summary } = await tInterrupted([], {
      fault: ({ name, variables }) =>
        name === 'ReplayStatus' && variables['estado'] === 'CANCELADO' && refused++ === 0
          ? { kind: 'error', code: 'RATE_LIMITED', extensions: { retryAfterMs: 20 } }
          : undefined,
    });
    expect(refused).toBeGreaterThan(1);
    expect(active(server)).toEqual([]);
    expect(summary.dispatches.leftBehind).toBe(0);
  });
});

function* endlessLog() {
  const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
  yield formatCallLog([]);
  for (let number = 0; ; number += 1)
    yield `${formatCallLog([callLogRow({ ...response!, rowId: `${number}` })]).split('\n')[1]}\n`;
}

(hasTerminals ? describe : describe.skip)('on a terminal', () => {
  test('it shows how far it has read, and Ctrl-C ends it at once', async () => {
    const server = await tServer();
    const pipe = join(await tFolder(), 'calls.csv');
    execFileSync('mkfifo', [pipe]);
    const terminal = tTerminal([process.execPath, program, pipe, '--url', server.url]);
    const rows = Readable.from(endlessLog());
    // Its reader leaves.
    rows.pipe(createWriteStream(pipe).on('error', () => rows.destroy()));
    undos.push(() => rows.destroy());
    await terminal.shows('reading ');
    await terminal.shows(' rows');
    terminal.pressCtrlC();
    expect(await terminal.over()).toBe(130);
    expect(terminal.shown).toMatch(/Stopped after 0 dispatches/);
    expect(server.operations).toEqual([]);
  });

  test('while it waits for a service that is away, Ctrl-C ends it at once', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}/graphql`;
    const { csv } = createCallLog({ ambulanceResponses: 3 });
    const terminal = tTerminal([process.execPath, program, await tFile(csv), '--url', nowhere]);
    await terminal.shows('The server does not answer');
    terminal.pressCtrlC();
    expect(await terminal.over()).toBe(130);
    expect(terminal.shown).toMatch(/Stopped after 0 dispatches/);
  });

  test('while it cleans up, Ctrl-C leaves the rest as it is', async () => {
    const isCancelled = (variables: Readonly<Record<string, unknown>>) => variables['estado'] === 'CANCELADO';
    const server = await tServer({
      fault: ({ name, variables }) =>
        name === 'ReplayStatus' && isCancelled(variables)
          ? { kind: 'error', code: 'RATE_LIMITED', extensions: { retryAfterMs: 600_000 } }
          : undefined,
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 30 }).csv);
    const args = [program, file, '--speed', '20', '--url', server.url];
    const terminal = tTerminal([process.execPath, ...args]);
    await until('one is under way', () => active(server).length > 0);
    terminal.pressCtrlC();
    await terminal.shows('Ctrl-C again leaves it as it is.');
    terminal.pressCtrlC();
    expect(await terminal.over()).toBe(130);
    expect(active(server).length).toBeGreaterThan(0);
  });

  test('the last line says what went wrong', async () => {
    const { csv } = createCallLog({ ambulanceResponses: 3 });
    const server = await tServer({ fault: () => ({ kind: 'error', code: 'UNAUTHENTICATED' }) });
    const terminal = tTerminal([process.execPath, program, await tFile(csv), '--url', server.url]);
    expect(await terminal.over()).toBe(1);
    const lines = terminal.shown.trimEnd().split('\n');
    expect(lines.at(-1)).toContain('The server refuses the replay with UNAUTHENTICATED');
  });
});

describe('the service is found', () => {
  test('at the port that .env says', async () => {
    const server = await tServer();
    const folder = await tFolder();
    await writeFile(join(folder, '.env'), `PORT=${new URL(server.url).port}\n`);
    const file = await tFile(createCallLog({ ambulanceResponses: 2 }).csv);
    const { code, summary } = await tReplay([file, '--speed', 'max'], { cwd: folder }).ended;
    expect(code).toBe(0);
    expect(summary.dispatches.created).toBe(2);
    expect(server.dispatches()).toHaveLength(2);
  });

  test.each([
    ['PORT=0\n', 'PORT is 0, any free port: say with --url where the service is.'],
    ['PORT=many\n', 'PORT is "many"'],
  ])('or not, with %j, and that is told with exit code 2', async (env, words) => {
    const folder = await tFolder();
    await writeFile(join(folder, '.env'), env);
    const { code, stderr } = await tReplay(['--demo'], { cwd: folder }).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});
