/** Each mistake that can be made on purpose is found, by the seed that the list names; the guide has the same list. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { mistakes } from './mistakes.ts';

/** Runs the simulation of a service that has the mistake. */
async function run(name: string, seed: number) {
  const args = ['test/simulation/main.ts', '--mistake', name, '--seeds', '1', '--from', String(seed)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return { said, code };
}

test.each(Object.entries(mistakes))(
  'the simulation finds it: %s',
  async (name, { seed }) => {
    const { said, code } = await run(name, seed);
    // Not by an error: what is wrong was noticed at a client, or in the store.
    expect(said).toMatch(new RegExp(`^seed ${seed}, step \\d+: `, 'm'));
    expect(code).toBe(1);
  },
  120_000,
);

test('the guide lists all of them, each with its seed', () => {
  const guide = readFileSync(new URL('../../../docs/simulation.md', import.meta.url), 'utf8');
  const listed = [...guide.matchAll(/^\| `([a-z-]+)` +\| ([^|]*?) +\| `([a-z]+)` +\| +(\d+) \|$/gm)];
  expect(listed.map(([, name, says, cast, seed]) => [name, says, cast, Number(seed)])).toEqual(
    Object.entries(mistakes).map(([name, { says, cast, seed }]) => [name, says, cast, seed]),
  );
});
