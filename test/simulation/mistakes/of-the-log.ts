/** Mistakes of the log, its followers and the relay. */
import type { Mistake } from './mistake.ts';

const log = 'src/stores/event-log';
const realtime = 'src/realtime';

export const ofTheLog: Readonly<Record<string, Mistake>> = {
  'hole-is-next': {
    says: 'a message behind a hole is taken for the next one',
    file: `${log}/followed-topic.ts`,
    from: 'event.offset === this.#known.offset + 1',
    to: 'event.offset > this.#known.offset',
    ...{ cast: 'cursors' },
  },
  'never-compared': {
    says: 'followed topics are never compared with their logs',
    file: `${log}/checks.ts`,
    from: 'if (!topics.some(isBehind)) return;',
    to: 'if (topics.length > 0) return;',
    ...{ cast: 'cursors', isRare: true },
  },
  'appended-twice': {
    says: 'an event may be appended twice',
    file: `${log}/lua.ts`,
    from: "local offset = tonumber(redis.call('HGET', ids, id))",
    to: 'local offset = nil',
    ...{ cast: 'cursors' },
  },
  'stale-relay': {
    says: 'a relay whose turn is over may append',
    file: `${log}/lua.ts`,
    from: 'if seen and tonumber(seen) > tonumber(turn) then',
    to: 'if false then',
    ...{ cast: 'cursors', isRare: true },
  },
  'trimmed-is-whole': {
    says: 'a trimmed log is read as if it were whole',
    file: `${log}/lua.ts`,
    from: "if not entries[1] or entries[1][1] ~= (knownOffset + 1) .. '-0' then return {epoch, head, began, 0} end",
    to: '',
    ...{ cast: 'cursors' },
  },
  'relayed-though-failed': {
    says: 'an append that failed counts as done',
    file: 'src/db/relay.ts',
    from: ').finally(() => spans.forEach((span) => span.end()));',
    to: ').catch(() => []).finally(() => spans.forEach((span) => span.end()));',
    ...{ cast: 'cursors' },
  },
  'large-batch': {
    says: "a relay's batch may be larger than the log",
    file: 'src/db/relay.ts',
    from: 'Math.min(maxBatch, options.keptEvents)',
    to: 'maxBatch',
    ...{ cast: 'cursors' },
  },
  'follows-the-one-before': {
    says: 'an event follows the one before it in the log, whatever the stream shows',
    file: `${realtime}/topics/compared-position.ts`,
    from: 'filter === undefined ? offset - 1 : before?.[filter]',
    to: 'offset - 2',
    ...{ cast: 'dropping' },
  },
  'lacks-nothing': {
    says: 'what a log lacks that came back older is not noticed',
    file: `${log}/lua.ts`,
    from: 'if missing[1] then begin(maxAgeMs) end',
    to: '',
    ...{ cast: 'cursors', isOlder: true },
  },
  'before-it-was-older': {
    says: 'a turn that began before Redis came back older may append',
    file: `${log}/life.ts`,
    from: "local function server() return string.match(redis.call('INFO', 'replication'), 'master_replid:%w+') or '' end",
    to: "local function server() return '' end",
    ...{ cast: 'cursors', isOlder: true },
  },
};
