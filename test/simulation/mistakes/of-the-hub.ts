/** Mistakes of the hub. */
import type { Mistake } from './mistake.ts';

const realtime = 'src/realtime';

export const ofTheHub: Readonly<Record<string, Mistake>> = {
  'no-snapshot-after-loss': {
    says: 'members get no snapshot after a loss',
    file: `${realtime}/group.ts`,
    from: 'restartAll(this, members, since, this.#options.log);',
    to: `for (const member of members) {
      member.restart({ position, snapshotVersions: null }, since);
      this.enter(member);
    }`,
    ...{ cast: 'cursors' },
  },
  'enters-ahead': {
    says: 'a member enters a group that is further on',
    file: `${realtime}/replay.ts`,
    from: 'member.offset < offset || ',
    to: '',
    ...{ cast: 'cursors' },
  },
  'snapshot-contained-it': {
    says: 'events that a snapshot contained are sent',
    file: `${realtime}/member.ts`,
    from: 'const isContained = lead !== null && lead <= 0;',
    to: 'const isContained = false;',
    ...{ cast: 'cursors' },
  },
  'state-before-position': {
    says: 'the position of a snapshot is read after its state',
    file: `${realtime}/group.ts`,
    from: 'return beginSnapshot({ ...whence, work, stream, made, execute }, signal);',
    to: 'return beginSnapshot({ ...whence, position: stream.position, work, stream, made, execute }, signal);',
    ...{ cast: 'cursors', isSlow: true, isRare: true },
  },
  'place-dated-by-beginning': {
    says: 'where a board stands is dated by when its following began',
    file: `${realtime}/subscription.ts`,
    from: 'at: Math.min(since, stream.beganBehind)',
    to: 'at: stream.now',
    ...{ cast: 'stock', isSlow: true, isRare: true },
  },
  'second-snapshot-forgets': {
    says: 'a second snapshot forgets what the first has shown',
    file: `${realtime}/member.ts`,
    from: 'this.snapshotVersions = combineVersions(this.snapshotVersions, snapshotVersions);',
    to: 'this.snapshotVersions = snapshotVersions;',
    ...{ cast: 'stock', isSlow: true, isRare: true },
  },
  'list-before-loss': {
    says: 'a list that is kept is not read again when events are lost',
    file: `${realtime}/group.ts`,
    from: `if ('lost' in step) this.freshness?.noteLoss();`,
    to: 'if (false);',
    ...{ cast: 'stock' },
  },
  'versions-forgotten': {
    says: 'what a snapshot has shown is forgotten at the first event',
    file: `${realtime}/member.ts`,
    from: 'entry.at > this.#aheadUntil',
    to: 'entry.at > 0',
    ...{ cast: 'cursors' },
  },
  'waits-not-for-recovery': {
    says: 'who has a snapshot from behind a loss enters before the group knows of it',
    file: `${realtime}/replay.ts`,
    from: 'if (member.epoch !== epoch || member.offset < offset || group.freshness?.isStale) return false;',
    to: 'if (member.offset < offset || group.freshness?.isStale) return false;',
    ...{ cast: 'cursors', isRare: true },
  },
};
