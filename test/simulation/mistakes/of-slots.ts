/** Mistakes of slots and acknowledgements, and of how a connection leaves. */
import type { Mistake } from './mistake.ts';

const realtime = 'src/realtime';

export const ofSlots: Readonly<Record<string, Mistake>> = {
  'end-without-position': {
    says: 'the end of a connection leaves its position behind',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: "await this.reports.tell(held.toWrite(act, act === 'end'));",
    to: 'await this.reports.tell({ ...held.toWrite(act), position: null });',
    ...{ cast: 'stock', isRare: true },
  },
  'not-reported': {
    says: 'what was acknowledged is not reported',
    file: `${realtime}/slots/held-slot.ts`,
    from: 'this.#keeper.reports.noteMoved(this);',
    to: '',
    ...{ cast: 'roaming' },
  },
  'no-snapshot-versions': {
    says: 'a slot keeps no versions of a snapshot',
    file: `${realtime}/slots/position-text.ts`,
    from: 'formatSnapshotVersions(position.snapshotVersions)',
    to: "''",
    ...{ cast: 'stock' },
  },
  'without-a-word': {
    says: 'a stream without a word does not wait for the store',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'if (isAway && begin !== null) return false;',
    to: '',
    ...{ cast: 'stock' },
  },
  'lost-is-new': {
    says: 'a stream whose slot may have been lost begins without a word',
    file: `${realtime}/slots/taking.ts`,
    from: "taken.outcome === 'new' && taken.lostAt === null && position === null",
    to: "taken.outcome === 'new' && position === null",
    ...{ cast: 'stock' },
  },
  'ghost-writes': {
    says: 'a ghost may write to its slot',
    file: 'src/stores/slots/script.ts',
    from: "if old[1] ~= generation then return {'replaced'} end",
    to: '',
    ...{ cast: 'roaming' },
  },
  'ghost-goes-on': {
    says: 'a ghost in the same process goes on',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'held.owner.replaced();',
    to: '',
    ...{ cast: 'roaming' },
  },
  'written-over': {
    says: 'a slot is written over by where its stream would begin',
    file: `${realtime}/slots/held-slot.ts`,
    from: 'this.#finding = this.#keeper.take(',
    to: `this.#base = begin && formatPosition({ snapshotVersions: null, ...begin });
    this.#finding = this.#keeper.take(`,
    ...{ cast: 'stock', isSlow: true, isRare: true },
  },
  'not-told': {
    says: 'a process is not told that another one has taken a slot from it',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'this.#options.slots.tellReplaced(holder);',
    to: '',
    ...{ cast: 'roaming', isRare: true },
  },
  'unknown-ghost': {
    says: 'a ghost of which the store does not know goes on',
    file: `${realtime}/slots/slot-keeper.ts`,
    from: 'const ghost = this.#stopGhostsOf(held);',
    to: 'const ghost = null;',
    ...{ cast: 'roaming', isRare: true },
  },
  'no-wait-for-pong': {
    says: 'a process that ends does not wait for the pong',
    file: 'src/transports/websocket/leaving.ts',
    from: 'await atMost(clock, answerMs, untilAnswered(connection));',
    to: 'connection.ping();',
    ...{ cast: 'roaming' },
  },
  'sends-while-leaving': {
    says: 'a process that ends sends on while it waits for the pong',
    file: 'src/transports/websocket/leaving.ts',
    from: 'for (const operation of operations) operation.stop();',
    to: '',
    ...{ cast: 'roaming' },
  },
  'pong-of-before': {
    says: 'a pong answers for what was written until a close frame',
    file: 'src/transports/websocket/acknowledgements.ts',
    from: `askOnly(): void {
    this.#isAwaited = this.#isOpen = false;`,
    to: 'askOnly(): void {',
    ...{ cast: 'stock', isRare: true },
  },
  'begins-while-leaving': {
    says: 'a stream begins on a socket that is about to leave',
    file: 'src/transports/websocket/socket-operation.ts',
    from: 'if (this.#isStopped) return stream.leave();',
    to: '',
    ...{ cast: 'roaming', isRare: true },
  },
  'asks-nobody': {
    says: 'of a slot that others may have nobody is asked whether its holder lives',
    file: `${realtime}/slots/taking.ts`,
    from: 'if (holders.holds(generation) || (await holders.isHeldElsewhere(generation))) return taken;',
    to: '',
    ...{ cast: 'routers' },
  },
  'beside-is-new': {
    says: 'a stream beside one with the same id begins without a word',
    file: `${realtime}/slots/taking.ts`,
    from: "if (taken.outcome === 'held') return lost(lostBy);",
    to: "if (taken.outcome === 'held') return null;",
    ...{ cast: 'routers' },
  },
  'whose-ever-place': {
    says: 'who comes to a slot goes on there, whoever else may come for it',
    file: 'src/stores/slots/script.ts',
    from: "local isDoubted = asked and (asked ~= generation or from == '')",
    to: 'local isDoubted = false',
    ...{ cast: 'routers', isRare: true },
  },
  'other-server-lost-nothing': {
    says: 'a server that may have an older copy is taken for one that has lost nothing',
    file: 'src/stores/slots/script.ts',
    from: 'string.sub(known, 14) ~= server or ',
    to: '',
    ...{ cast: 'stock', isOlder: true },
  },
};
