/** Proves what `npm run replay` sends and prints, run as a process against a server of the test. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Summary } from '../../src/cli/replay/tally.ts';
import { createCallLog, formatCallLog } from '../support/call-log.ts';
import { startGraphqlStandIn, type StandInOptions } from '../support/graphql-stand-in.ts';

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

async function tFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'calls.csv');
  await writeFile(file, content);
  return file;
}

/** Runs the command as a process. Its environment has no token and no configuration. */
function tReplay(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  undos.push(() => child.kill('SIGKILL'));
  const exit = new Promise<number | null>((exited) => child.once('close', exited));
  const stdout = text(child.stdout);
  const stderr = text(child.stderr);
  const ended = (async () => ({ code: await exit, stdout: await stdout, stderr: await stderr }))();
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    summary: async () => {
      const { code, stdout: printed, stderr: said } = await ended;
      if (!printed.startsWith('{')) throw new Error(`There is no summary: ${said}`);
      return { code, stderr: said, summary: JSON.parse(printed) as Summary };
    },
  };
}

const atMax = (file: string, url: string) => [file, '--speed', 'max', '--json', '--url', url];

describe('npm run replay', () => {
  test('plays a log: each response becomes a dispatch that goes through its statuses in order', async () => {
    const server = await tServer();
    const log = createCallLog({ seed: 2, ambulanceResponses: 60 });
    const { code, summary, stderr } = await tReplay(atMax(await tFile(log.csv), server.url)).summary();

    expect(stderr).toBe('');
    expect(code).toBe(0);
    const dispatches = server.dispatches();
    expect(dispatches).toHaveLength(60);
    for (const { times, unitId, rowId, callType, callTypeGroup, scene, address } of log.responses) {
      const observaciones = `${callType} · ${callTypeGroup} · ${rowId}`;
      const dispatch = dispatches.find(({ input }) => input['observaciones'] === observaciones);
      const past =
        times.onScene === null ? ['CANCELADO'] : ['EN_SITIO', ...(times.transport ? ['TRASLADANDO'] : [])];
      const end = times.onScene === null ? [] : ['COMPLETADO'];
      expect(dispatch?.past).toEqual(['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', ...past, ...end]);
      expect(dispatch?.ambulanciaId).toBe(unitId);
      expect(dispatch?.input['origen']).toEqual({ ...scene, direccion: address });
      expect(dispatch?.positions).toHaveLength(times.transport === null ? 3 : 6);
    }
    expect(summary.mutations).toBe(server.operations.length);
    expect(summary.dispatches).toMatchObject({ created: 60, open: 0, abandoned: 0 });
    expect(summary.rows).toMatchObject({ read: 75, ambulanceResponses: 60, skipped: {} });
  });

  test('prints a summary that names the rows that it could not use', async () => {
    const server = await tServer();
    const { rows } = createCallLog({ ambulanceResponses: 8 });
    const flawed = rows.map((row, index) => (index === 1 ? { ...row, Location: 'somewhere' } : row));
    const file = await tFile(formatCallLog(flawed));
    const replay = tReplay([file, '--speed', 'max', '--positions', '0', '--url', server.url]);
    const { code, stdout } = await replay.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Played 7 dispatches: \d completed, \d cancelled\.$/m);
    expect(stdout).toMatch(/^\d+ mutations in [\d.]+ s, [\d.]+ a second; p50 [\d.]+ ms, p99 [\d.]+ ms\.$/m);
    expect(stdout).toContain(`1 skipped, no coordinates: ${rows[1]?.['RowID']}`);
    expect(server.operations.filter(({ name }) => name === 'ReplayPosition')).toEqual([]);
  });

  test('plays only the calls of the given time, and at most as many as --limit', async () => {
    const server = await tServer();
    const { csv, responses } = createCallLog({ ambulanceResponses: 40 });
    const file = await tFile(csv);
    const between = ['--from', '2016-12-31T18:20', '--to', '2016-12-31T18:50'];
    const inTime = responses.filter(({ times }) => {
      return times.received >= Date.UTC(2017, 0, 1, 2, 20) && times.received < Date.UTC(2017, 0, 1, 2, 50);
    });
    expect(inTime.length).toBeGreaterThan(5);
    const all = await tReplay([...atMax(file, server.url), ...between]).summary();
    expect(all.summary.dispatches.created).toBe(inTime.length);
    const some = await tReplay([...atMax(file, server.url), ...between, '--limit', '5']).summary();
    expect(some.summary.dispatches.created).toBe(5);
  });

  test('sends the token that it is given', async () => {
    const server = await tServer();
    const file = await tFile(createCallLog({ ambulanceResponses: 1 }).csv);
    const { code } = await tReplay([...atMax(file, server.url), '--token', 'abc']).ended;
    expect(code).toBe(0);
    expect(new Set(server.operations.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer abc']),
    );
  });

  test('makes a token of role system when it is given none, unless it has no secret', async () => {
    const server = await tServer();
    const file = await tFile(createCallLog({ ambulanceResponses: 1 }).csv);
    await tReplay(atMax(file, server.url)).ended;
    const [, claims = ''] = server.operations[0]?.authorization?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ role: 'system' });

    const { code, stderr } = await tReplay(atMax(file, server.url), { NODE_ENV: 'production' }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('--token TOKEN');
  });
});

describe('what it cannot begin with', () => {
  test('a command line that it does not understand is told with exit code 2 and the usage', async () => {
    const { code, stderr, stdout } = await tReplay(['--speed', 'fast', 'x.csv']).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--speed is "fast". It must be a number from 0.001 to 1000000, or max.');
    expect(stderr).toContain('npm run replay -- FILE.csv');
  });

  test('a file with other columns is told with exit code 2', async () => {
    const { code, stderr } = await tReplay([await tFile('a,b\n1,2\n')]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('lacks the columns "Unit ID", "Call Type"');
  });

  test('a log of which nothing can be played is told with exit code 1, and with the reason by kind of row', async () => {
    const server = await tServer();
    const { rows } = createCallLog({ ambulanceResponses: 8 });
    const unreadable = rows.map((row, index) =>
      row['Unit Type'] === 'MEDIC'
        ? { ...row, ...(index % 2 ? { 'Received DtTm': '31.12.2016 18:00' } : { Location: '' }) }
        : row,
    );
    const { code, stderr, stdout } = await tReplay(atMax(await tFile(formatCallLog(unreadable)), server.url))
      .ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Nothing could be played\. 10 rows read: 2 of other units \(Unit Type ENGINE; .*\); /,
    );
    expect(stderr).toMatch(/; \d skipped, bad time: \w+-\w+/);
    expect(stderr).toMatch(/; \d skipped, no coordinates: \w+-\w+/);
    expect(JSON.parse(stdout)).toMatchObject({ finished: false, dispatches: { created: 0 } });

    const later = [...atMax(await tFile(formatCallLog(rows)), server.url), '--from', '2018-01-01'];
    const late = await tReplay(later).ended;
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('8 received outside of --from and --to');
    const header = await tReplay(atMax(await tFile(formatCallLog([])), server.url)).ended;
    expect(header).toMatchObject({ code: 1, stderr: expect.stringContaining('0 rows read.') });
    expect(server.operations).toEqual([]);
  });

  test('a file that is not there is told with exit code 2', async () => {
    const { code, stderr } = await tReplay(['no-such-file.csv']).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('no-such-file.csv');
  });
});

describe('--demo', () => {
  test('goes on until Ctrl-C, then finishes what is under way and prints the summary', async () => {
    const enough = Promise.withResolvers<void>();
    const server = await tServer({
      fault: ({ name }, before) => {
        if (name === 'ReplayStatus' && before === 100) enough.resolve();
        return undefined;
      },
    });
    const demo = tReplay(['--demo', '--seed', '5', '--speed', 'max', '--json', '--url', server.url]);
    await enough.promise;
    demo.kill('SIGINT');
    const { code, summary } = await demo.summary();
    expect(code).toBe(0);
    expect(summary.finished).toBe(false);
    expect(summary.mutations).toBe(server.operations.length);
    expect(summary.errors).toEqual({});
    expect(summary.rows).toBeUndefined();
  });

  test('a log that is interrupted ends with 130', async () => {
    const begun = Promise.withResolvers<void>();
    const server = await tServer({ fault: () => void begun.resolve() });
    const file = await tFile(createCallLog({ ambulanceResponses: 20 }).csv);
    const replay = tReplay([file, '--speed', '1', '--json', '--url', server.url]);
    await begun.promise;
    replay.kill('SIGTERM');
    const { code, summary } = await replay.summary();
    expect(code).toBe(130);
    expect(summary).toMatchObject({ finished: false, errors: {} });
  });
});
