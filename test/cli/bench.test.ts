/** Proves that `npm run bench`, run as a process on few sockets, prints every figure, and explains wrong input. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { medianRows } from '../../bench/report/rows.ts';
import { requestSteps } from '../../bench/tables/steps/request-steps.ts';

const program = resolve(import.meta.dirname, '../../src/cli/bench.ts');
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tBench(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolveOutcome) => {
    const child = execFile(process.execPath, [program, ...args], (_error, stdout, stderr) =>
      resolveOutcome({ status: child.exitCode, stdout, stderr }),
    );
  });
}

function tFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  folders.push(folder);
  return join(folder, 'rows.json');
}

describe('npm run bench', () => {
  test('writes a row for each workload and subject, with every figure that belongs to it', async () => {
    const file = tFile();
    const few = ['--scale', '0.02', '--runs', '1', '--only', 'hot,board', '--subjects', 'ours,raw'];
    const { status, stdout, stderr } = await tBench([...few, '--json', file]);
    expect({ status, failed: stderr.match(/FAILED.*/g) }).toEqual({ status: 0, failed: null });
    const rows = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
    const figure = expect.any(Number) as unknown;
    const delivering = { p50Ms: figure, p99Ms: figure, kbPerConnection: figure, deliveredShare: figure };
    const figures = {
      hot: { ...delivering, kbPerSubscription: null, usPerSubscribe: null },
      board: { ...delivering, kbPerSubscription: figure, usPerSubscribe: figure },
    };
    const wanted = Object.entries(figures).flatMap(([workload, each]) =>
      ['ours', 'raw'].map((subject) => ({ workload, subject, runs: 1, ...each })),
    );
    expect(rows).toHaveLength(wanted.length);
    for (const each of wanted) {
      const { workload, subject } = each;
      expect(rows.find((row) => row['workload'] === workload && row['subject'] === subject)).toMatchObject(
        each,
      );
    }
    for (const workload of Object.keys(figures)) expect(stdout).toContain(`## ${workload}`);
  }, 120_000);

  test('over HTTP all servers verify a token, read rows and show the same', async () => {
    const args = ['--only', 'http', '--subjects', 'ours,plain,mercurius', '--runs', '1', '--scale', '0.05'];
    const { status, stdout, stderr } = await tBench(args);
    expect({ status, failed: stderr.match(/FAILED.*/g) }).toEqual({ status: 0, failed: null });
    for (const workload of ['entities', 'list'])
      expect(stdout).toMatch(
        new RegExp(`## ${workload}\n\n.*\n.*\n\\| ours .*\n\\| plain .*\n\\| mercurius `),
      );
  }, 120_000);

  test('an evening is shown by all, with latencies over time and memory at its end, and this service loses nothing', async () => {
    const file = tFile();
    const few = ['--only', 'mixed', '--scale', '0.05', '--seconds', '10', '--runs', '1'];
    const { status, stdout, stderr } = await tBench([...few, '--subjects', 'ours,net', '--json', file]);
    expect({ status, failed: stderr.match(/FAILED.*/g) }).toEqual({ status: 0, failed: null });
    const rows = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
    const of = (workload: string, subject: string) =>
      rows.filter((row) => row['workload'] === workload && row['subject'] === subject);
    const figure = expect.any(Number) as unknown;
    expect(of('mixed', 'ours')).toMatchObject([
      {
        lost: 0,
        doubled: 0,
        gaps: 0,
        slowReaders: 0,
        heapMb: figure,
        heapGrowth: figure,
        residentMb: figure,
      },
    ]);
    for (const subject of ['ours', 'net']) {
      expect(of('mixed', subject)[0]!['reconnected']).toBeGreaterThan(0);
      expect(of('mixed-over-time', subject).map(({ second }) => second)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
    }
    expect(stdout).toContain('## mixed-over-time');
  }, 120_000);

  test('prints what an event takes of Redis, of each kind', async () => {
    const { status, stdout } = await tBench(['--only', 'redis-memory']);
    expect(status).toBe(0);
    const rows = stdout.split('\n').filter((line) => line.startsWith('| a '));
    expect(rows.length).toBeGreaterThanOrEqual(3);
    for (const row of rows) expect(row.match(/[\d.]+ KB/g)).toHaveLength(4);
  }, 120_000);

  test('prints what compressed answers save, and what they cost', async () => {
    const { status, stdout } = await tBench(['--only', 'compression', '--scale', '0.1']);
    expect(status).toBe(0);
    for (const length of [50, 300]) {
      const [, ...sizes] = new RegExp(
        `^\\| ${length} \\| ([\\d.]+) KB \\| ([\\d.]+) KB \\| ([\\d.]+) KB `,
        'm',
      ).exec(stdout)!;
      const [plain, gzip, br] = sizes.map(Number) as [number, number, number];
      expect(gzip).toBeLessThan(plain / 5);
      expect(br).toBeLessThan(plain / 5);
    }
  }, 120_000);

  test('prints what traces cost, from pairs of windows of one process', async () => {
    const { status, stdout } = await tBench(['--only', 'tracing', '--scale', '0.1']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\| [\d.]+ \| [\d.]+–[\d.]+ \| [\d.]+–[\d.]+ \| 2 \|$/m);
  }, 120_000);

  test('prints what one event costs, step by step', async () => {
    const { status, stdout } = await tBench(['--only', 'steps', '--scale', '0.02']);
    expect(status).toBe(0);
    expect(stdout).toContain('| step | µs per event | share |');
    for (const step of ['garbage collection', 'it is executed and serialised', 'in all'])
      expect(stdout).toMatch(new RegExp(`^\\| ${step} \\| [\\d.–]+ \\| [\\d.]+ % \\|$`, 'm'));
  }, 120_000);

  test('prints what takes how long on few rows and on many, of both databases', async () => {
    const { status, stdout, stderr } = await tBench(['--only', 'rows', '--scale', '0.01']);
    expect({ status, stderr: stderr.split('\n').filter((line) => /error/i.test(line)) }).toEqual({
      status: 0,
      stderr: [],
    });
    expect(stdout).toContain('| what, median | SQLite, 10,000 |');
    for (const what of [
      'start',
      'list by `estado`',
      'a change, until a board shows it',
      'deleting 1,000 positions',
    ])
      expect(stdout).toMatch(new RegExp(`^\\| ${what}.*(\\| [\\d.]+ ms ){4}\\|$`, 'm'));
  }, 240_000);

  test.each([
    [['--only', 'rows', '--runs', '2'], '--runs does not go with --only rows'],
    [['--only', 'rows,hot'], '--only has "rows"'],
    [['--only', 'hott'], '--only has "hott". There are: hot, board'],
    [['--subjects', 'ours,theirs'], '--subjects has "theirs". There are: ours, plain'],
    [['--only', 'hot', '--seconds', '600'], '--seconds goes only with mixed'],
    [['--only', 'mixed', '--seconds', '1'], '--seconds is "1". It must be a whole number from 10 to 86400'],
    [['--only', 'scale', '--seconds', '600'], '--seconds does not go with --only scale'],
    [['--runs', '0'], '--runs is "0". It must be a whole number from 1 to 100'],
    [['--scale', 'half'], '--scale is "half". It must be a number from 0.01 to 1'],
    [['--quick'], "Unknown option '--quick'"],
  ])('explains what is wrong with %j', async (args, message) => {
    const { status, stdout, stderr } = await tBench(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('npm run bench -- [options]');
  });
});

test('a step of a request has the time of what Node does for it', () => {
  const frames = {
    write:
      'writeUtf8String \nend node:_http_outgoing\nReply.send file:///app/node_modules/fastify/lib/reply.js',
    record: 'all \nread file:///app/src/db/sqlite/sqlite.ts\nprocessTicksAndRejections node:internal/process',
    hash: 'oneShotDigest \nhash node:internal/crypto/hash\nhashToken file:///app/src/auth/token-cache.ts',
    idle: '(idle)',
  };
  const times = Object.values(frames).map((stack) => ({ stack, us: 10 }));
  const taken = requestSteps(times).filter(({ share }) => share > 0);
  expect(taken.map(({ step }) => step)).toEqual([
    'the answer is written to the socket, in the kernel',
    'who asks: token, ended sessions, address',
    'the record is read: SQL, rows, loaders',
  ]);
  for (const { share } of taken) expect(share).toBeCloseTo(1 / 3);
});

describe('the median', () => {
  const sample = (p50Ms: number | null) =>
    ({ workload: 'hot', subject: 'ours', figures: { p50Ms } }) as const;

  test('is the one in the middle, or between the two in the middle', () => {
    expect(medianRows([9, 1, 2].map(sample))).toMatchObject([{ runs: 3, p50Ms: 2 }]);
    expect(medianRows([9, 1, 2, 4].map(sample))).toMatchObject([{ runs: 4, p50Ms: 3 }]);
  });

  test('is missing where a run has no figure', () => {
    expect(medianRows([1, null, 2].map(sample))).toMatchObject([{ runs: 3, p50Ms: null }]);
  });
});
