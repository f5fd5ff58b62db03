/** Mistakes that are made on purpose are found, by seeds that find nothing without them; the guide lists them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { mistakes } from './mistakes.ts';

interface Searched {
  readonly name: string;
  /** What was noticed at a client, or in the store. */
  readonly found: { readonly seed: number; readonly violation: string } | null;
}
const searched: Searched[] = [];

// In a process of its own, whose modules can be changed as they are loaded.
beforeAll(async () => {
  const args = [fileURLToPath(new URL('run.ts', import.meta.url))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  expect(code).toBe(0);
  for (const line of said.trim().split('\n')) searched.push(JSON.parse(line) as Searched);
}, 600_000);

const often = Object.entries(mistakes).flatMap(([name, { isRare }]) => (isRare ? [] : [name]));

test.each(often)('the simulation finds it: %s', (name) => {
  expect(searched).toContainEqual({ name, found: expect.objectContaining({ seed: expect.any(Number) }) });
});

test('the guide lists all of them', () => {
  const guide = readFileSync(new URL('../../../docs/simulation.md', import.meta.url), 'utf8');
  const listed = [
    ...guide.matchAll(/^\| `([a-z-]+)` +\| ([^|]*?) +\| `([a-z]+)`(, slow)?(, older)? +\| +\d+ \|$/gm),
  ];
  expect(
    listed.map(([, name, says, cast, slow, older]) => [name, says, cast, Boolean(slow), Boolean(older)]),
  ).toEqual(
    Object.entries(mistakes).map(([name, { says, cast, isSlow, isOlder }]) => [
      ...[name, says, cast, isSlow === true, isOlder === true],
    ]),
  );
});
