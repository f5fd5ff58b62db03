/** The promises of the lists of dispatches that viewers follow. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import type { MutationKey } from '../../src/lib/mutation-key.ts';
import type { FollowEvent } from '../../src/modules/dispatch/events.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, clientError, request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

describe.each(databaseKinds)('follow lists on %s', (kind) => {
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    repositories = tRepositories(await databases.open(kind));
    for (let count = 0; count < 3; count++) await repositories.dispatches.create(request, 'ana');
  });

  test('each viewer has their own, in the order of following', async () => {
    const { follows } = repositories;
    expect([...(await follows.followedBy('luz'))]).toEqual([]);
    for (const id of ['3', '1', '2']) await follows.follow('luz', id);
    await follows.follow('ana', '2');
    await follows.unfollow('luz', '1');
    await follows.follow('luz', '1');
    expect([...(await follows.followedBy('luz')).keys()]).toEqual(['3', '2', '1']);
    expect([...(await follows.followedBy('ana')).keys()]).toEqual(['2']);
  });

  test('say since which version a dispatch is followed, and since when, as the event does', async () => {
    const { audit, dispatches, follows } = repositories;
    await dispatches.updateStatus('2', 'CANCELADO', byAna);
    for (const id of ['1', '2']) await follows.follow('luz', id);
    await dispatches.updateStatus('1', 'CANCELADO', byAna);
    await follows.follow('luz', '1');
    const listed = await follows.followedBy('luz');
    const events = (await audit.list({ type: 'dispatch.followed' }, 10)).reverse();
    expect([...listed]).toEqual(
      [1, 2].map((version, index) => [
        String(index + 1),
        { version, at: (events[index]!.data as FollowEvent).timestamp },
      ]),
    );
  });

  test('following is an event with the dispatch as it is, once', async () => {
    const { audit, dispatches, follows } = repositories;
    const cancelled = await dispatches.updateStatus('2', 'CANCELADO', byAna);
    expect(await follows.follow('luz', '2')).toEqual(cancelled);
    expect(await follows.follow('luz', '2')).toEqual(cancelled);
    expect(await follows.unfollow('luz', '2')).toEqual(cancelled);
    expect(await follows.unfollow('luz', '2')).toEqual(cancelled);
    await follows.unfollow('ana', '2');
    const events = (await audit.list({}, 10)).slice(0, -4);
    expect(
      events.map(({ type, despachoId, actorId, data }) => ({ type, despachoId, actorId, data })),
    ).toEqual(
      (['UNFOLLOWED', 'FOLLOWED'] as const).map((changeType) => ({
        type: `dispatch.${changeType.toLowerCase()}`,
        despachoId: '2',
        actorId: 'luz',
        data: { changeType, dispatch: cancelled, actorId: 'luz', timestamp: '2026-01-01T00:00:00.000Z' },
      })),
    );
  });

  test('following twice at the same time is one event', async () => {
    await Promise.all(Array.from({ length: 10 }, () => repositories.follows.follow('luz', '1')));
    expect(await repositories.audit.list({ type: 'dispatch.followed' }, 20)).toHaveLength(1);
  });

  describe('of two at the most', () => {
    const full = clientError('LIMIT_EXCEEDED', { limit: 2 });
    let database: Database;
    beforeEach(async () => {
      database = await databases.open(kind);
      repositories = tRepositories(database, { maxFollows: 2 });
      for (let count = 0; count < 8; count++) await repositories.dispatches.create(request, 'ana');
    });

    test('take a third when there is room for it again, and whatever they have once more', async () => {
      const { audit, follows } = repositories;
      for (const id of ['1', '2']) await follows.follow('luz', id);
      const key: MutationKey = { id: 'a-key', content: 'follow 3' };
      await expect(follows.follow('luz', '3', key)).rejects.toMatchObject(full);
      await follows.follow('luz', '2');
      await follows.follow('ana', '3');
      expect(await audit.list({ type: 'dispatch.followed' }, 10)).toHaveLength(3);
      await follows.unfollow('luz', '1');
      // Nothing was done with the key.
      await follows.follow('luz', '3', key);
      expect([...(await follows.followedBy('luz')).keys()]).toEqual(['2', '3']);
    });

    test('take no more of many that come at the same time', async () => {
      const { audit, follows } = repositories;
      const viewers = ['luz', 'eva', 'iris', 'rut'];
      for (const viewer of viewers) await follows.follow(viewer, '1');
      const ids = ['2', '3', '4', '5', '6', '7', '8'];
      const outcomes = await Promise.allSettled(
        ids.flatMap((id) => viewers.map((viewer) => follows.follow(viewer, id))),
      );
      const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(refusals).toEqual(
        Array.from({ length: 6 * viewers.length }, () => expect.objectContaining(full)),
      );
      for (const viewer of viewers) expect((await follows.followedBy(viewer)).size).toBe(2);
      expect(await audit.list({ type: 'dispatch.followed' }, 20)).toHaveLength(2 * viewers.length);
    });

    test('may be longer where more was allowed before, and take nothing then', async () => {
      const before = tRepositories(database);
      for (const id of ['1', '2', '3', '4']) await before.follows.follow('luz', id);
      const { follows } = repositories;
      await follows.unfollow('luz', '1');
      await expect(follows.follow('luz', '5')).rejects.toMatchObject(full);
      expect([...(await follows.followedBy('luz')).keys()]).toEqual(['2', '3', '4']);
    });
  });

  test('what does not exist cannot be followed', async () => {
    const missing = clientError('NOT_FOUND');
    for (const id of ['4', 'x', '99999999999999999999']) {
      await expect(repositories.follows.follow('luz', id)).rejects.toMatchObject(missing);
      await expect(repositories.follows.unfollow('luz', id)).rejects.toMatchObject(missing);
    }
    expect([...(await repositories.follows.followedBy('luz'))]).toEqual([]);
  });
});
