/** The command that runs simulated worlds: over several threads, ended and taken up again, with the failures at its end. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { progressLine } from './seeds/run.ts';

const command = fileURLToPath(new URL('main.ts', import.meta.url));

interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly errors: readonly string[];
}

function run(...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], (_error, out, errors) => {
      const lines = (said: string) => said.split('\n').slice(0, -1);
      resolve({ code: child.exitCode!, out: lines(out), errors: lines(errors) });
    });
  });
}

/** What came of a run, without what it has taken. */
const sumOf = ({ out }: Said) => out.at(-1)!.split('; ')[0];

test('threads run the same worlds as one thread does', async () => {
  const seeds = ['--seeds', '45', '--from', '3', '--steps', '300'];
  const [alone, together] = [await run(...seeds), await run(...seeds, '--workers', '3')];
  expect(alone).toMatchObject({ code: 0, errors: [] });
  expect(alone.out.at(-1)).toMatch(
    /^45 seeds from 3: \d{5,} steps, .* 0 failed; \d+\.\d s, \d+\.\d ms of a processor each$/,
  );
  expect(together).toMatchObject({ code: 0, errors: [] });
  expect(sumOf(together)).toBe(sumOf(alone));
}, 60_000);

test('what fails is listed at the end, in the order of seeds, by threads that have the mistake too', async () => {
  const seeds = ['--seeds', '45', '--steps', '300', '--mistake', 'trimmed-is-whole'];
  const [alone, together] = [await run(...seeds), await run(...seeds, '--workers', '2')];
  const failed = alone.errors.map((line) => Number(/^seed (\d+), step \d+: /.exec(line)![1]));
  expect(failed.length).toBeGreaterThan(1);
  expect(failed).toEqual(failed.toSorted((one, other) => one - other));
  expect(sumOf(alone)).toMatch(new RegExp(`^45 seeds .* ${failed.length} failed$`));
  expect([alone.code, together.code]).toEqual([1, 1]);
  expect(together.errors).toEqual(alone.errors);
}, 60_000);

test('one that is ended says where it goes on', async () => {
  const child = spawn(process.execPath, [command, '--seeds', '1000000', '--workers', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // It is under way.
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  const [, seeds, next] = /^(\d+) seeds from 1: .*\nit was ended, and goes on with --from (\d+)\n$/m.exec(
    said,
  )!;
  expect(code).toBe(130);
  expect(Number(next)).toBe(Number(seeds) + 1);
}, 60_000);

test('a line says how far it is', () => {
  const tally = { seeds: 250_000, failures: [{ seed: 7, step: 8, violation: 'a gap' }] };
  expect(progressLine(tally, 1_000_000, 2_500_000, 249_981)).toBe(
    '250,000 of 1,000,000 seeds, 1 failed, 100 a second, 2 h 5 min left; all before --from 249981 are done',
  );
});

test('to print steps it takes one world at a time', async () => {
  const { code, errors } = await run('--trace', '--workers', '2');
  expect([code, errors]).toEqual([2, [expect.stringContaining('--trace')]]);
});
