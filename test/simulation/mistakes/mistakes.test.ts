/** Each mistake that can be made on purpose is found, by a seed that finds nothing without it; the guide has the same list. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from '@jest/globals';
import { mistakes } from './mistakes.ts';

interface Found {
  readonly name: string;
  /** What was noticed at a client, or in the store. */
  readonly violation: string | null;
  /** The same of the service without the mistake. */
  readonly withoutIt: string | null;
}
const found: Found[] = [];

// In a process of its own, whose modules can be changed as they are loaded.
beforeAll(async () => {
  const args = [fileURLToPath(new URL('run.ts', import.meta.url))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  expect(code).toBe(0);
  for (const line of said.trim().split('\n')) found.push(JSON.parse(line) as Found);
}, 240_000);

test.each(Object.keys(mistakes))('the simulation finds it: %s', (name) => {
  expect(found).toContainEqual({ name, violation: expect.any(String), withoutIt: null });
});

test('the guide lists all of them, each with its seed', () => {
  const guide = readFileSync(new URL('../../../docs/simulation.md', import.meta.url), 'utf8');
  const listed = [...guide.matchAll(/^\| `([a-z-]+)` +\| ([^|]*?) +\| `([a-z]+)`(, slow)? +\| +(\d+) \|$/gm)];
  expect(
    listed.map(([, name, says, cast, slow, seed]) => [name, says, cast, Boolean(slow), Number(seed)]),
  ).toEqual(
    Object.entries(mistakes).map(([name, { says, cast, isSlow, seed }]) => [
      name,
      says,
      cast,
      isSlow === true,
      seed,
    ]),
  );
});
