/** What clients are promised of messages: to send them, and to read and watch a channel. */
import { describe, expect, test } from '@jest/globals';
import { codeOf, tSubgraph, viewer, type SubgraphOptions } from '../support/subgraph.ts';

const ana = viewer('doctor', { id: 'ana' });
const send = `mutation ($channel: String!, $message: String!) {
  broadcastMessage(channel: $channel, message: $message) { id channel message senderId sender { id name } cursor } }`;
const watch = `subscription ($after: Cursor) { messageBroadcast(channel: "general", after: $after) { cursor message } }`;

async function tMessages(options: SubgraphOptions = {}) {
  const subgraph = await tSubgraph(options);
  return {
    ...subgraph,
    send: (message: string, channel = 'general') => subgraph.ask(ana, send, { channel, message }),
  };
}

test('a message is shown to those who watch its channel, and kept in its history', async () => {
  const { send: say, users, data, subscribe } = await tMessages();
  await users.seen(ana);
  const stream = await subscribe(viewer('paramedic'), watch);

  const sent = await say('unidad 7 en base');
  await say('no es para todos', 'general:2');
  await say('unidad 8 en base');

  expect(sent.data).toEqual({
    broadcastMessage: {
      id: '1',
      channel: 'general',
      message: 'unidad 7 en base',
      senderId: 'ana',
      sender: { id: 'ana', name: 'Name of ana' },
      cursor: null,
    },
  });
  expect(await stream.take(2)).toMatchObject([
    { message: 'unidad 7 en base' },
    { message: 'unidad 8 en base' },
  ]);
  const { channelHistory } = await data(ana, '{ channelHistory(channel: "general") { message cursor } }');
  expect(channelHistory).toEqual([
    { message: 'unidad 8 en base', cursor: null },
    { message: 'unidad 7 en base', cursor: null },
  ]);
});

describe('what cannot be sent', () => {
  test.each([
    ['', 'general', /^message must not be empty/],
    [' \n\t', 'general', /^message must not be empty/],
    ['x'.repeat(4001), 'general', /^message must have at most 4000 characters, and has 4001/],
    ['hi', '', /^channel must be 1 to 64 letters/],
    ['hi', 'x'.repeat(65), /^channel must be 1 to 64 letters/],
    ['hi', 'a channel', /^channel must be 1 to 64 letters/],
    ['hi', 'café', /^channel must be 1 to 64 letters/],
  ])('%#', async (message, channel, reason) => {
    const { send: say } = await tMessages();
    const result = await say(message, channel);
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toMatch(reason);
  });

  test('a channel of such a name cannot be read or watched either', async () => {
    const { ask, subscribe } = await tMessages();
    expect(codeOf(await ask(ana, '{ channelHistory(channel: "a b") { id } }'))).toBe('BAD_USER_INPUT');
    expect(codeOf(await ask(ana, '{ channelHistory(channel: "a", limit: 501) { id } }'))).toBe(
      'BAD_USER_INPUT',
    );
    const asked = subscribe(ana, 'subscription { messageBroadcast(channel: "a b") { id } }');
    await expect(asked).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('after a cursor', () => {
  test('a watcher gets what they missed', async () => {
    const { send: say, subscribe } = await tMessages();
    const first = await subscribe(ana, watch);
    await say('one');
    const { cursor } = await first.next();
    first.leave();
    await say('two');
    await say('three');
    const second = await subscribe(ana, watch, { after: cursor });
    expect(await second.take(2)).toMatchObject([{ message: 'two' }, { message: 'three' }]);
  });

  test('they get it from the database where the log no longer reaches back', async () => {
    const { send: say, subscribe, clock, untilRelayed } = await tMessages({ maxEvents: 2 });
    await say('long ago');
    await untilRelayed();
    await clock.advance(60_000);
    const first = await subscribe(ana, watch);
    await say('one');
    const { cursor } = await first.next();
    first.leave();
    await clock.advance(6_000);
    for (const message of ['two', 'three', 'four', 'five']) await say(message);
    await untilRelayed();
    const second = await subscribe(ana, watch, { after: cursor });
    await say('six');
    // Clocks differ, so the read begins a little before the cursor: "one" may come once more, as the schema says.
    const shown = (await second.take(6)).map(({ message }) => message as string);
    expect(shown).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });
});
