/** The promises of messages in our own database. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

describe.each(databaseKinds)('messages on %s', (kind) => {
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    repositories = tRepositories(await databases.open(kind));
  });

  test('the last ones of a channel are read, newest first', async () => {
    const { messages } = repositories;
    for (const text of ['uno', 'dos', 'tres']) {
      await messages.broadcast('general', text, 'ana');
      await messages.broadcast('otro', `${text} ${text}`, 'luz');
    }
    const history = await messages.history('general', 2);
    expect(history).toEqual([
      {
        id: '5',
        channel: 'general',
        message: 'tres',
        senderId: 'ana',
        timestamp: '2026-01-01T00:00:00.000Z',
      },
      expect.objectContaining({ id: '3', message: 'dos' }),
    ]);
    expect(await messages.history('nobody', 10)).toEqual([]);
    expect(await repositories.audit.list({ type: 'message.broadcast' }, 10)).toHaveLength(6);
    expect((await repositories.audit.list({}, 2))[1]?.data).toEqual(history[0]);
  });

  test('what was sent since a moment is found, and read by its ids', async () => {
    const { clock, messages } = repositories;
    await messages.broadcast('general', 'uno', 'ana');
    await clock.advance(1000);
    const since = clock.now();
    for (const text of ['dos', 'tres', 'cuatro']) await messages.broadcast('general', text, 'ana');
    await messages.broadcast('otro', 'cinco', 'ana');
    const sent = async (sinceMs: number, limit = 10) => {
      const ids = await messages.idsSince('general', sinceMs, limit);
      return (await messages.find(ids)).map(({ message }) => message);
    };
    expect(await sent(since)).toEqual(['dos', 'tres', 'cuatro']);
    expect(await sent(since, 2)).toHaveLength(2);
    expect(await sent(1e17)).toEqual([]);
    expect(await sent(0)).toEqual(['uno', 'dos', 'tres', 'cuatro']);
    expect(await messages.find(['99', 'no-id'])).toEqual([]);
  });

  test('any text is read as it was written, except what no database can store', async () => {
    await repositories.messages.broadcast('general', "'; drop table messages; -- 🚑\0", 'a\0na');
    expect(await repositories.messages.history('general', 1)).toEqual([
      expect.objectContaining({ message: "'; drop table messages; -- 🚑\ufffd", senderId: 'a\ufffdna' }),
    ]);
  });
});

test('two processes on one PostgreSQL number the messages of a channel in the order of their events', async () => {
  const url = await databases.emptyPostgres();
  const opened = [await databases.openPostgres(url), await databases.openPostgres(url)];
  const processes = opened.map((each) => tRepositories(each));
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      processes[index % 2]!.messages.broadcast('general', `${index}`, 'ana'),
    ),
  );
  const events = await processes[0]!.audit.list({ type: 'message.broadcast' }, 500);
  const history = await processes[0]!.messages.history('general', 500);
  expect(history).toHaveLength(200);
  expect(events.map(({ data }) => data)).toEqual(history);
});
