/** The promises of the list of followed dispatches while it is read beside the stream that changes it. */
import { expect, test } from '@jest/globals';
import type { BoardEvent, DispatchEvent, DispatchState } from '../../src/modules/dispatch/events.ts';
import { FollowedDispatches } from '../../src/modules/dispatch/followed.ts';
import type { TopicEvent } from '../../src/realtime/topics/topic.ts';

const at = (offset: number, epoch = 'e1') => ({ epoch, offset });

const noon = '2026-01-01T12:00:00.000Z';

/** Dispatches that a viewer follows, each since a version. */
const since = (versions: Readonly<Record<string, number>>) =>
  new Map(Object.entries(versions).map(([id, version]) => [id, { version, at: noon }]));

/** The list of a viewer who followed these before the stream began. */
function tList(versions: Readonly<Record<string, number>> = {}): FollowedDispatches {
  const list = new FollowedDispatches('bob');
  list.replaceList(since(versions), at(0));
  return list;
}

const five = { id: '5', version: 1 };
const six = { id: '6', version: 1 };

function change(
  changeType: 'FOLLOWED' | 'UNFOLLOWED',
  offset: number,
  { epoch = 'e1', actorId = 'bob', id = '5', version = 0, timestamp = noon } = {},
) {
  const event = { changeType, dispatch: { id, version } as DispatchState, actorId, timestamp } as const;
  return {
    id: `${epoch}-${offset}`,
    at: 0,
    epoch,
    offset,
    event,
    cursor: '',
    began: 0,
    before: undefined,
  } satisfies TopicEvent<BoardEvent>;
}

test('an event is judged by the changes before it, though later ones were noted already', () => {
  const list = tList();
  list.note(change('FOLLOWED', 10));
  list.note(change('UNFOLLOWED', 20));
  expect([5, 15, 25].map((offset) => list.followedAt(five, at(offset)))).toEqual([false, true, false]);
});

test('noting a change again, or an older one late, changes nothing', () => {
  const list = tList();
  list.note(change('UNFOLLOWED', 20));
  list.note(change('FOLLOWED', 10));
  list.note(change('FOLLOWED', 10));
  expect(list.followedAt(five, at(15))).toBe(true);
  expect(list.followedAt(five, at(21))).toBe(false);
});

test('a viewer who resumes is not shown what happened before they followed the dispatch', () => {
  const list = tList({ 5: 3 });
  const shown = [1, 2, 3, 4, 5].filter((version) => list.followedAt({ id: '5', version }, at(10)));
  expect(shown).toEqual([4, 5]);
});

test('an earlier change, noted while a viewer resumes, does not override the list for what happens now', () => {
  const list = tList({ 5: 3 });
  list.note(change('UNFOLLOWED', 10, { version: 2 }));
  expect(list.followedAt({ id: '5', version: 3 }, at(20))).toBe(false);
  expect(list.followedAt({ id: '5', version: 4 }, at(90))).toBe(true);
});

test('changes of other viewers do not count', () => {
  const list = tList();
  list.note(change('FOLLOWED', 10, { actorId: 'ana' }));
  expect(list.followedAt(five, at(11))).toBe(false);
  expect(list.isDecided(change('FOLLOWED', 10, { actorId: 'ana' }))).toBe(true);
  expect(list.shows(change('FOLLOWED', 10, { actorId: 'ana' }))).toBe(false);
});

test('a list that is read later counts from its cursor on, and keeps the changes after it', () => {
  const list = tList({ 5: 0 });
  list.note(change('UNFOLLOWED', 10));
  list.note(change('FOLLOWED', 30, { id: '6' }));
  list.replaceList(since({ 5: 0 }), at(20));
  expect(list.followedAt(five, at(21))).toBe(true);
  expect(list.followedAt(six, at(25))).toBe(false);
  expect(list.followedAt(six, at(31))).toBe(true);
});

test('a new epoch counts anew', () => {
  const list = tList();
  list.note(change('FOLLOWED', 900));
  list.note(change('FOLLOWED', 3, { epoch: 'e2', id: '6' }));
  list.replaceList(new Map(), at(1, 'e2'));
  expect(list.followedAt(five, at(901, 'e2'))).toBe(false);
  expect(list.followedAt(six, at(4, 'e2'))).toBe(true);
});

test('what was followed stays followed, however many dispatches the viewer follows and leaves after it', () => {
  const list = tList({ 6: 0 });
  list.note(change('FOLLOWED', 1, { version: 3 }));
  list.note(change('UNFOLLOWED', 2, { id: '6', version: 4 }));
  for (let count = 0; count < 2_000; count++) {
    list.note(change('FOLLOWED', 10 + 2 * count, { id: `other ${count}` }));
    list.note(change('UNFOLLOWED', 11 + 2 * count, { id: `other ${count}`, version: 1 }));
  }
  expect([3, 4].map((version) => list.followedAt({ id: '5', version }, at(9_000)))).toEqual([false, true]);
  expect(list.followedAt({ id: '6', version: 5 }, at(9_000))).toBe(false);
  expect(list.followedAt({ id: 'other 1999', version: 2 }, at(9_000))).toBe(false);
});

test('an older list that comes last does not take the place of a newer one', () => {
  const list = tList();
  list.note(change('FOLLOWED', 20));
  list.replaceList(since({ 5: 0 }), at(30));
  list.replaceList(new Map(), at(10));
  expect(list.followedAt(five, at(40))).toBe(true);
  // In another epoch offsets begin anew.
  list.replaceList(new Map(), at(5, 'e2'));
  expect(list.followedAt(five, at(6))).toBe(false);
});

/** How the dispatch changed. */
const updated = (offset: number, version: number) =>
  ({
    ...change('FOLLOWED', offset),
    event: { changeType: 'UPDATED', dispatch: { id: '5', version } } as DispatchEvent,
  }) satisfies TopicEvent<BoardEvent>;

test.each([
  ['is shown while they follow it by that', since({ 5: 3 }), true],
  ['is not shown once they have taken it back', new Map(), false],
  ['is not shown where they have begun anew meanwhile', since({ 5: 4 }), false],
  ['is not shown where that was in the same version', new Map([['5', { version: 3, at: 'later' }]]), false],
])('that a viewer began to follow a dispatch %s', (_, listed, isShown) => {
  const list = tList();
  const began = change('FOLLOWED', 10, { version: 3 });
  const next = updated(11, 4);
  for (const entry of [began, next]) list.note(entry);
  // Nobody may have been there to be shown the beginning.
  expect([list.isDecided(began), list.isDecided(next)]).toEqual([false, false]);
  list.decide(began, listed);
  expect([list.isDecided(began), list.isDecided(next)]).toEqual([true, true]);
  expect([list.shows(began), list.shows(next)]).toEqual([isShown, isShown]);
});

test('what a list decides that was read behind it is not asked for again', () => {
  const list = tList();
  list.replaceList(since({ 5: 3 }), at(20));
  const [began, other] = [
    change('FOLLOWED', 10, { version: 3 }),
    change('FOLLOWED', 11, { version: 3, id: '6' }),
  ];
  for (const entry of [began, other]) list.note(entry);
  expect([began, other].map((entry) => [list.isDecided(entry), list.shows(entry)])).toEqual([
    [true, true],
    [true, false],
  ]);
});

test('what is replayed from before the list was read does not override it for what happens now', () => {
  const list = tList();
  list.replaceList(since({ 5: 3 }), at(20));
  list.note(change('FOLLOWED', 10, { version: 3, timestamp: 'earlier' }));
  expect(list.shows(updated(30, 4))).toBe(true);
  list.note(change('UNFOLLOWED', 11, { version: 3 }));
  expect(list.shows(updated(30, 4))).toBe(true);
});
