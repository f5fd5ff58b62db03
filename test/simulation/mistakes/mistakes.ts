/** Mistakes that the service could have: `--mistake NAME` makes one of them, and the simulation finds each. */
import type { Cast } from '../faults.ts';

export interface Mistake {
  /** What is wrong with a service that has it. */
  readonly says: string;
  /** Where it is made, from the root of the project: this text, which is there once, becomes the other one. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The first seed that finds it in worlds with this cast. */
  readonly cast: Cast;
  readonly seed: number;
  /** Whether ways may be slow in those worlds. */
  readonly isSlow?: boolean;
}

const log = 'src/stores/event-log';
const realtime = 'src/realtime';

/** Of the log, its followers and the relay. */
const ofTheLog: Readonly<Record<string, Mistake>> = {
  'hole-is-next': {
    says: 'a message behind a hole is taken for the next one',
    file: `${log}/followed-topic.ts`,
    from: 'event.offset === this.#known.offset + 1',
    to: 'event.offset > this.#known.offset',
    ...{ cast: 'cursors', seed: 1 },
  },
  'never-compared': {
    says: 'followed topics are never compared with their logs',
    file: `${log}/checks.ts`,
    from: 'if (!topics.some(isBehind)) return;',
    to: 'if (topics.length > 0) return;',
    ...{ cast: 'cursors', seed: 23 },
  },
  'appended-twice': {
    says: 'an event may be appended twice',
    file: `${log}/lua.ts`,
    from: "local offset = tonumber(redis.call('HGET', ids, id))",
    to: 'local offset = nil',
    ...{ cast: 'cursors', seed: 2 },
  },
  'stale-relay': {
    says: 'a relay whose turn is over may append',
    file: `${log}/lua.ts`,
    from: 'if seen and tonumber(seen) > tonumber(turn) then',
    to: 'if false then',
    ...{ cast: 'cursors', seed: 29 },
  },
  'trimmed-is-whole': {
    says: 'a trimmed log is read as if it were whole',
    file: `${log}/lua.ts`,
    from: "if not entries[1] or entries[1][1] ~= (knownOffset + 1) .. '-0' then return {epoch, head, began, 0} end",
    to: '',
    ...{ cast: 'cursors', seed: 1 },
  },
  'relayed-though-failed': {
    says: 'an append that failed counts as done',
    file: 'src/db/relay.ts',
    from: 'turn,\n    );\n    const positions',
    to: 'turn,\n    ).catch(() => []);\n    const positions',
    ...{ cast: 'cursors', seed: 10 },
  },
  'large-batch': {
    says: "a relay's batch may be larger than the log",
    file: 'src/db/relay.ts',
    from: 'Math.min(maxBatch, options.keptEvents)',
    to: 'maxBatch',
    ...{ cast: 'cursors', seed: 5 },
  },
  'follows-the-one-before': {
    says: 'an event follows the one before it in the log, whatever the stream shows',
    file: `${realtime}/topics/position-text.ts`,
    from: 'filter === undefined ? offset - 1 : before?.[filter]',
    to: 'offset - 2',
    ...{ cast: 'dropping', seed: 1 },
  },
};

/** Of the hub. */
const ofTheHub: Readonly<Record<string, Mistake>> = {
  'no-snapshot-after-loss': {
    says: 'members get no snapshot after a loss',
    file: `${realtime}/group.ts`,
    from: 'restartAll(this, members, since, this.#options.log);',
    to: `for (const member of members) {
      member.restart({ position, snapshotVersions: null }, since);
      this.enter(member);
    }`,
    ...{ cast: 'cursors', seed: 2 },
  },
  'enters-ahead': {
    says: 'a member enters a group that is further on',
    file: `${realtime}/replay.ts`,
    from: 'member.offset < offset || ',
    to: '',
    ...{ cast: 'cursors', seed: 1 },
  },
  'snapshot-contained-it': {
    says: 'events that a snapshot contained are sent',
    file: `${realtime}/member.ts`,
    from: 'const isContained = lead !== null && lead <= 0;',
    to: 'const isContained = false;',
    ...{ cast: 'cursors', seed: 1 },
  },
};

/** Of slots and acknowledgements. */
const ofSlots: Readonly<Record<string, Mistake>> = {
  'end-without-position': {
    says: 'the end of a connection leaves its position behind',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: "await this.#reports.tell(held.toWrite(act, act === 'end'));",
    to: 'await this.#reports.tell({ ...held.toWrite(act), position: null });',
    ...{ cast: 'stock', seed: 33 },
  },
  'not-reported': {
    says: 'what was acknowledged is not reported',
    file: `${realtime}/slots/held-slot.ts`,
    from: 'this.#keeper.noteMoved(this);',
    to: '',
    ...{ cast: 'roaming', seed: 11 },
  },
  'no-snapshot-versions': {
    says: 'a slot keeps no versions of a snapshot',
    file: `${realtime}/slots/position-text.ts`,
    from: "snapshotVersions ? formatSnapshotVersions(snapshotVersions) : ''",
    to: "''",
    ...{ cast: 'stock', seed: 10 },
  },
  'without-a-word': {
    says: 'a stream without a word does not wait for the store',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'if (begin === null) {',
    to: 'if (held) {',
    ...{ cast: 'stock', seed: 4 },
  },
  'ghost-writes': {
    says: 'a ghost may write to its slot',
    file: 'src/stores/slots/script.ts',
    from: "if old[1] ~= generation then return {'replaced'} end",
    to: '',
    ...{ cast: 'roaming', seed: 4 },
  },
  'ghost-goes-on': {
    says: 'a ghost in the same process goes on',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'held.owner.replaced();',
    to: '',
    ...{ cast: 'roaming', seed: 2 },
  },
};

/** Of acknowledgements, and of how a connection leaves. */
const ofAcknowledgements: Readonly<Record<string, Mistake>> = {
  'no-wait-for-pong': {
    says: 'a process that ends does not wait for the pong',
    file: 'src/transports/websocket/leaving.ts',
    from: 'await atMost(clock, answerMs, untilAnswered(connection));',
    to: 'connection.ping();',
    ...{ cast: 'roaming', seed: 1 },
  },
  'sends-while-leaving': {
    says: 'a process that ends sends on while it waits for the pong',
    file: 'src/transports/websocket/leaving.ts',
    from: 'for (const operation of operations) operation.stop();',
    to: '',
    ...{ cast: 'roaming', seed: 1 },
  },
};

export const mistakes: Readonly<Record<string, Mistake>> = {
  ...ofTheLog,
  ...ofTheHub,
  ...ofSlots,
  ...ofAcknowledgements,
};
