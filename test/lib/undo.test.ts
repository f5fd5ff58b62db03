/** Owns the proof that everything that was begun is ended, in reverse, whatever fails on the way. */
import { expect, test } from '@jest/globals';
import { createUndoStack } from '../../src/lib/undo.ts';

test('the newest ends first, each after the one before it has ended', async () => {
  const steps: string[] = [];
  const stack = createUndoStack(() => expect('an error').toBe('none'));
  for (const name of ['record', 'stores', 'server']) {
    stack.add(name, async () => {
      steps.push(`${name} begins to end`);
      await Promise.resolve();
      steps.push(`${name} has ended`);
    });
  }
  await stack.run();
  expect(steps).toEqual(
    ['server', 'stores', 'record'].flatMap((name) => [`${name} begins to end`, `${name} has ended`]),
  );
});

test('one that fails is told about, and the others end nevertheless', async () => {
  const ended: string[] = [];
  const failures: [string, unknown][] = [];
  const stack = createUndoStack((name, error) => failures.push([name, error]));
  const error = new Error('still in use');
  stack.add('record', () => void ended.push('record'));
  stack.add('stores', () => {
    throw error;
  });
  stack.add('server', () => Promise.reject(error));
  await stack.run();
  expect(ended).toEqual(['record']);
  expect(failures).toEqual([
    ['server', error],
    ['stores', error],
  ]);
});

test('each ends once, also when it is asked for twice', async () => {
  let count = 0;
  const stack = createUndoStack(() => undefined);
  stack.add('server', async () => {
    await Promise.resolve();
    count += 1;
  });
  await Promise.all([stack.run(), stack.run()]);
  await stack.run();
  expect(count).toBe(1);
});
