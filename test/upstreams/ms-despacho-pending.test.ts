/** Changes of one dispatch in MS Despacho wait for each other, and not for ever. */
import { expect, test } from '@jest/globals';
import { ManualClock } from '../support/clock.ts';
import { tMsDespacho, tMsDespachoRepositories } from '../support/ms-despacho-repositories.ts';
import { clientError } from '../support/repositories.ts';

test('a change that has waited for ten seconds is refused, and whoever comes then still waits for the first', async () => {
  const clock = new ManualClock();
  const { pending } = await tMsDespachoRepositories(await tMsDespacho(), { clock });
  const answered = Promise.withResolvers<void>();
  const done: string[] = [];
  const change = (name: string, until?: Promise<void>) =>
    pending.withLock('1', async () => {
      await until;
      done.push(name);
    });
  const first = change('first', answered.promise);
  const refused = expect(change('second')).rejects.toMatchObject(clientError('UPSTREAM_UNAVAILABLE'));
  await clock.advance(10_000);
  await refused;
  const third = change('third');
  const other = pending.withLock('2', () => Promise.resolve('at once'));
  expect(await other).toBe('at once');
  expect(done).toEqual([]);
  answered.resolve();
  await Promise.all([first, third]);
  expect(done).toEqual(['first', 'third']);
});

test('a change that fails holds up no other', async () => {
  const { pending } = await tMsDespachoRepositories(await tMsDespacho());
  const failing = pending.withLock('1', () => Promise.reject(new Error('It fails.')));
  const next = pending.withLock('1', () => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('It fails.');
  expect(await next).toBe('done');
});
