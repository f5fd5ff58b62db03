/** The memory that operations of open subscriptions take is bounded, and given back. */
import { afterEach, expect, test } from '@jest/globals';
import { tHub, type HubFixture } from '../support/hub.ts';

let fixture: HubFixture | undefined;
afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

/** Ever another text, with about 60 nodes in its tree. */
const text = (number: number) =>
  `subscription Number${number}($name: String!, $after: String) { counted(name: $name, after: $after) { ${'name version cursor kind '.repeat(5)} } }`;
/** Room for two of these texts, and not for three. */
const maxOpenOperationBytesPerViewer = 32_000;
const maxOpenOperationBytes = 45_000;

const start = () => (fixture = tHub({ limits: { maxOpenOperationBytesPerViewer, maxOpenOperationBytes } }));

async function held({ metrics }: HubFixture) {
  return (await metrics.openOperationBytes.get()).values[0]?.value;
}

test('a viewer may have many subscriptions with few operations, and not few with many', async () => {
  const hub = start();
  for (let number = 0; number < 50; number += 1)
    await hub.watch(`c${number}`, { query: text(number % 2), viewerId: 'ana' });
  await expect(hub.watch('a', { query: text(2), viewerId: 'ana' })).rejects.toMatchObject({
    name: 'TooManyOpenOperations',
    isOwn: true,
  });
  const other = await hub.watch('a', { query: text(2), viewerId: 'bob' });
  // Now that somebody else has it open, it takes nothing.
  await hub.watch('a', { query: text(2), viewerId: 'ana' });
  await hub.count('a');
  // A busy machine may leave it to a later turn.
  await other.screen.until(() => other.screen.versions.includes(1));
});

test('all viewers together have a bound, too', async () => {
  const hub = start();
  for (let number = 0; number < 3; number += 1)
    await hub.watch('a', { query: text(number), viewerId: `viewer ${number}` });
  await expect(hub.watch('a', { query: text(3), viewerId: 'one more' })).rejects.toMatchObject({
    name: 'TooManyOpenOperations',
    isOwn: false,
  });
});

test('an operation counts for whoever brought it until nobody has it open any more', async () => {
  const hub = start();
  const first = await hub.watch('a', { query: text(0), viewerId: 'ana' });
  const second = await hub.watch('b', { query: text(0), viewerId: 'bob' });
  await hub.watch('a', { query: text(1), viewerId: 'ana' });
  first.subscription.leave();
  await hub.clock.advance(1_000);
  // Otherwise one could have any number of them open, each for a moment with two subscriptions.
  await expect(hub.watch('a', { query: text(2), viewerId: 'ana' })).rejects.toThrow('too many different');
  second.subscription.leave();
  await hub.clock.advance(1_000);
  await hub.watch('a', { query: text(2), viewerId: 'ana' });
});

test('nothing is left of what was refused, nor of what has ended', async () => {
  const hub = start();
  const topics = async () => (await hub.metrics.topics.get()).values[0]?.value;
  const open = [];
  for (const number of [0, 1]) open.push(await hub.watch('a', { query: text(number) }));
  await expect(hub.watch('of nobody else', { query: text(2) })).rejects.toThrow('too many different');
  expect(await topics()).toBe(1);
  for (const { subscription } of open) subscription.leave();
  await hub.clock.advance(1_000);
  expect(await held(hub)).toBe(0);
  expect(await topics()).toBe(0);
  expect(hub.hub.groups).toBe(0);
});
