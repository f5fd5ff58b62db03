/** Proves that parts are closed in order, whatever one of them does, and that it can be told which one fails or hangs. */
import { expect, test } from '@jest/globals';
import { Parts, type PartFailure } from '../../src/lib/parts.ts';

test('the last one is closed first, when those behind it have closed', async () => {
  const parts = new Parts();
  const closed: string[] = [];
  for (const part of ['database', 'hub', 'port'])
    parts.add(part, async () => {
      await Promise.resolve();
      closed.push(`${part}, ${parts.closing}`);
    });
  expect(parts.closing).toBeNull();
  await parts.close(() => {});
  expect(closed).toEqual(['port, port', 'hub, hub', 'database, database']);
  expect(parts.closing).toBeNull();
});

test('one that fails is told, and keeps no other from closing', async () => {
  const parts = new Parts();
  const closed: string[] = [];
  const failures: PartFailure[] = [];
  parts.add('database', () => closed.push('database'));
  parts.add('hub', () => Promise.reject(new Error('It hangs.')));
  parts.add('port', () => {
    throw new Error('It is open.');
  });
  await parts.close((failure) => failures.push(failure));
  expect(closed).toEqual(['database']);
  expect(failures).toEqual([
    { part: 'port', error: new Error('It is open.') },
    { part: 'hub', error: new Error('It hangs.') },
  ]);
});

test('one that hangs is the one that is being closed', () => {
  const parts = new Parts();
  parts.add('database', () => {});
  parts.add('hub', () => new Promise(() => {}));
  void parts.close(() => {});
  expect(parts.closing).toBe('hub');
});

test('what begins when everything is being closed is refused', async () => {
  const parts = new Parts();
  await parts.close(() => {});
  expect(() => parts.add('hub', () => {})).toThrow('It is too late for hub');
});
