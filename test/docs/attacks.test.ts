/** Holds the operations guide to the attacks that are made on the service, and each of these to a test. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readGuide, readKinds, withTable } from '../support/attack/table.ts';

test('the table of attacks is that of the attacks (npm run docs:attacks writes it)', async () => {
  const guide = await readGuide();
  expect(guide).toBe(await withTable(guide));
});

test('each kind of attack is made by a test of its name', async () => {
  const kinds = await readKinds();
  expect(kinds.size).toBeGreaterThan(0);
  for (const file of kinds.keys()) {
    const path = new URL(`../attack/${file.replace(/\.ts$/, '.test.ts')}`, import.meta.url);
    expect([file, existsSync(path)]).toEqual([file, true]);
    expect(readFileSync(path, 'utf8')).toContain(`from './${file}'`);
  }
});

test('no attack is described twice', async () => {
  const names = [...(await readKinds()).values()].flatMap(({ attacks }) => attacks.map(({ name }) => name));
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
