/** Proves that a subject of the bench is left out, with a line that says why, where what runs it is not there. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { runBench } from '../../bench/bench.ts';
import { findBun } from '../../bench/runtimes.ts';
import { subjects } from '../../bench/subjects.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder of packages with programs that exit with these codes. */
function tPackages(programs: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-packages-'));
  folders.push(folder);
  for (const [name, status] of Object.entries(programs)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\nexit ${status}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

/** Without one of the PATH. */
const withoutPath = <T>(run: () => T): T => {
  const path = process.env['PATH'];
  process.env['PATH'] = '';
  try {
    return run();
  } finally {
    process.env['PATH'] = path;
  }
};

test('Bun is the program that runs: npm leaves one that only says that it was not installed', () => {
  const stub = '.bin/bun';
  const program = '@oven/bun-linux-x64/bin/bun';
  const both = tPackages({ [stub]: 1, [program]: 0 });
  expect(withoutPath(() => findBun(both))).toBe(join(both, program));
  const installed = tPackages({ [stub]: 0, [program]: 0 });
  expect(withoutPath(() => findBun(installed))).toBe(join(installed, stub));
  expect(withoutPath(() => findBun(tPackages({ [stub]: 1 })))).toBeNull();
});

test('a subject that is not at hand is left out and named, and nothing fails', async () => {
  const leftOut: string[] = [];
  const runtime = { ...subjects.bun.runtime, find: () => null };
  const result = await runBench(
    {
      ...{ workloads: [], subjects: ['raw', 'bun'], runs: 1, scale: 0.01, seconds: 10 },
      ...{ json: null, svg: null, profile: null },
    },
    { cores: { server: null, others: null }, description: '', warnings: [] },
    {
      onLeftOut: (subject, why) => leftOut.push(`${subject}: ${why}`),
      onRun: () => undefined,
      onWorkload: () => undefined,
      onFailure: () => undefined,
    },
    { ...subjects, bun: { ...subjects.bun, runtime } },
  );
  expect(result).toEqual({ rows: [], failures: [] });
  expect(leftOut).toEqual([`bun: ${runtime.missing}`]);
  expect(runtime.missing).toContain('npm install --no-save bun');
});
