/** A user who chose OFFLINE is not seen: not as connected, and not as here later than when they chose it. */
import { describe, expect, test } from '@jest/globals';
import { tUsers } from '../support/users.ts';
import { viewer } from '../support/subgraph.ts';

const dispatcher = viewer('dispatcher', { id: 'dispatcher' });
const ana = viewer('paramedic', { id: 'ana' });

describe('a user who chose OFFLINE', () => {
  const presence = 'status isOnline lastSeen connectionCount';
  const told = { status: 'OFFLINE', isOnline: false };
  const gone = { ...told, connectionCount: 0 };

  /** Ana, who was seen until `seenUntil` and chose OFFLINE then, while she stayed connected. */
  async function tHidden() {
    const subgraph = await tUsers();
    const { connect, choose, clock, data, users } = subgraph;
    await users.seen(ana);
    await connect('ana', 'tab 1');
    await clock.advance(60_000);
    const seenUntil = new Date(clock.now()).toISOString();
    await choose(ana, 'OFFLINE');
    await clock.advance(60_000);
    const seenBy = async (who: typeof ana) => (await data(who, `{ user(id: "ana") { ${presence} } }`)).user;
    return { ...subgraph, seenUntil, seenBy };
  }

  test('is connected to nobody but themselves, and was last seen when they chose it', async () => {
    const { connect, leave, choose, clock, seenUntil, seenBy } = await tHidden();
    expect(await seenBy(dispatcher)).toEqual({ ...gone, lastSeen: seenUntil });
    const now = new Date(clock.now()).toISOString();
    expect(await seenBy(ana)).toEqual({
      status: 'OFFLINE',
      isOnline: true,
      connectionCount: 1,
      lastSeen: now,
    });

    await leave('tab 1');
    await clock.advance(60_000);
    expect(await seenBy(dispatcher)).toEqual({ ...gone, lastSeen: seenUntil });
    await connect('ana', 'tab 2');
    await choose(ana, 'OFFLINE');
    await clock.advance(60_000);
    expect(await seenBy(dispatcher)).toEqual({ ...gone, lastSeen: seenUntil });

    await choose(ana, 'BUSY');
    expect(await seenBy(dispatcher)).toMatchObject({ status: 'BUSY', isOnline: true, connectionCount: 1 });
  });

  test('is told of as not connected, and not listed where a stream begins anew', async () => {
    const { connect, choose, clock, subscribe } = await tUsers({ maxEvents: 2 });
    const events = `subscription ($after: Cursor) { presenceChanged(after: $after) {
      cursor userId status isOnline snapshot user { ${presence} } } }`;
    const first = await subscribe(dispatcher, events);
    await connect('ana');
    const { cursor } = await first.next();
    await choose(ana, 'OFFLINE');
    expect(await first.next()).toMatchObject({ userId: 'ana', ...told, user: gone });
    first.leave();
    await clock.advance(0);
    for (const id of ['bob', 'eva', 'leo']) await connect(id);
    const second = await subscribe(dispatcher, events, { after: cursor });
    expect((await second.take(3)).map(({ userId }) => userId)).toEqual(['bob', 'eva', 'leo']);
  });

  test('is not connected on their own stream either, which others may share', async () => {
    const { connect, choose, clock, subscribe } = await tUsers({ maxEvents: 2 });
    const own = `subscription ($after: Cursor) { userStatusChanged(userId: "ana", after: $after) {
      cursor status isOnline snapshot user { ${presence} } } }`;
    const first = await subscribe(ana, own);
    await connect('ana');
    const { cursor } = await first.next();
    await choose(ana, 'OFFLINE');
    expect(await first.next()).toMatchObject({ ...told, user: gone });
    first.leave();
    await clock.advance(0);
    for (const status of ['BUSY', 'AWAY', 'OFFLINE']) await choose(ana, status);
    const second = await subscribe(ana, own, { after: cursor });
    expect(await second.next()).toMatchObject({ ...told, snapshot: true, user: gone });
  });

  test('and was never connected was never seen', async () => {
    const { choose, data, users } = await tUsers();
    await users.seen(ana);
    await choose(ana, 'OFFLINE');
    const { user } = await data(dispatcher, `{ user(id: "ana") { ${presence} } }`);
    expect(user).toEqual({ ...gone, lastSeen: null });
  });

  test('is not connected by events of earlier releases either', async () => {
    const { eventLog, clock, subscribe } = await tUsers();
    const stream = await subscribe(dispatcher, 'subscription { presenceChanged { status isOnline } }');
    const data = {
      userId: 'ana',
      status: 'OFFLINE',
      previousStatus: 'ONLINE',
      isOnline: true,
      timestamp: '',
    };
    await eventLog.append([{ topic: 'users', event: { id: 'e', at: clock.now(), data } }]);
    expect(await stream.next()).toEqual({ status: 'OFFLINE', isOnline: false });
  });
});
