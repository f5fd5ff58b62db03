/** What was passed over on the way of a subscriber has no receipt: ranges end before it, and begin anew behind it. */
import { expect, test } from '@jest/globals';
import type { Frame } from '../../src/realtime/frame.ts';
import { Freshness } from '../../src/realtime/freshness.ts';
import { Member } from '../../src/realtime/member.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import { tKeeper, topic } from '../support/receipt-keepers.ts';

const kind = {
  name: 'dispatches',
  parse: (data: unknown) => data as never,
  identify: (event: unknown) => event as never,
};
/**
 * A subscriber who was shown version 5 of dispatch 17 by a snapshot that stands at offset 10. `freshness`: of a stream that judges
 * events by those before them.
 */
function tMember(freshness: Freshness | null = null) {
  const keeper = tKeeper();
  const { trail } = keeper.tStream();
  const sent: number[] = [];
  const subscriber = {
    send: ({ cursor }: Frame) => void sent.push(Number(cursor)),
    ready: () => undefined,
    disconnect: () => {},
  };
  const start = {
    position: { epoch: 'e', offset: 10 },
    snapshotVersions: new Map(Object.entries({ 17: 5, 18: 1 })),
    since: 0,
  };
  const group = {
    stream: { topic: { key: topic, kind }, ownFrame: (_entry: unknown, frame: Frame) => frame },
    ...{ frames: { tellsFollows: false }, freshness },
  } as unknown as Parameters<Member['advance']>[2];
  const member = new Member(subscriber, 'ana', start, 0, trail);
  const advance = (
    offset: number,
    subject: string,
    version: number,
    { isReadable = true, isShown = true } = {},
  ) => {
    const cursor = String(offset);
    const event = {
      ...{ id: cursor, at: 0, epoch: 'e', offset, cursor, began: 0, before: undefined },
      event: { subject, version },
    };
    const frame =
      isReadable && isShown ? { payload: Buffer.from(''), conflationKey: undefined, cursor } : null;
    member.advance({ offset, at: 0, event: isReadable ? event : null }, frame, group);
  };
  const acknowledge = () => {
    trail.ask();
    trail.acknowledge('client');
  };
  return { ...keeper, member, advance, acknowledge, sent };
}

test('what a subscriber was not sent, since a snapshot had shown it in a newer version, has no receipt', async () => {
  const { clock, advance, acknowledge, written, sent } = tMember();
  advance(11, '17', 4);
  advance(12, '17', 5);
  advance(13, '17', 6);
  advance(14, '18', 1);
  advance(15, '18', 2);
  acknowledge();
  await clock.advance(1_000);
  expect(sent).toEqual([13, 15]);
  expect(written()).toEqual(['ana dispatches 12..13', 'ana dispatches 14..15']);
});

test('what a subscriber was not sent, since this version could not read it, has none; what the filter left out is judged again', async () => {
  const { clock, advance, acknowledge, written, sent } = tMember();
  advance(11, '19', 1, { isShown: false });
  advance(12, '19', 2, { isReadable: false });
  advance(13, '19', 3);
  acknowledge();
  await clock.advance(1_000);
  expect(sent).toEqual([13]);
  expect(written()).toEqual(['ana dispatches 10..11', 'ana dispatches 12..13']);
});

test('what a subscriber was not sent, since what was before it was judged otherwise then, has none', async () => {
  const { clock, advance, acknowledge, written } = tMember(new Freshness({} as SubscriptionSource));
  advance(11, '19', 1, { isShown: false });
  advance(12, '19', 2);
  advance(13, '19', 3);
  advance(14, '19', 4, { isShown: false });
  acknowledge();
  await clock.advance(1_000);
  expect(written()).toEqual(['ana dispatches 11..13']);
});

test('what a subscriber was not sent, since the log had lost it, has none', async () => {
  const { clock, member, advance, acknowledge, written } = tMember();
  advance(11, '19', 1);
  member.restart({ position: { epoch: 'e', offset: 50 }, snapshotVersions: null }, 0);
  advance(51, '19', 2);
  acknowledge();
  await clock.advance(1_000);
  expect(written()).toEqual(['ana dispatches 10..11', 'ana dispatches 50..51']);
});
