/** The Lua scripts of the event log, and the functions that call them and read their answers. */
import { randomBytes } from 'node:crypto';
import { StaleTurn } from '../../lib/stale-turn.ts';
import type { EventLogBounds, LoggedEvent, NewEvent, Position } from './event-log.ts';
import { createScript, reach, type RedisConnections } from '../redis-connections.ts';

/*
 * A topic has four names in Redis, in the same slot of a cluster:
 *   meta     hash: epoch, offset of the newest event, the highest turn that was appended in, and `kept` where a log without
 *            events is not to be forgotten
 *   stream   the events: entry `<offset>-0` with the event's id, the time of its append, the event as JSON
 *   ids      hash: offset of each event in the stream, by event id
 *   channel  carries each event when it is appended
 * A script is atomic, so they never disagree with each other. Each key expires when it has not been used for `maxAgeMs`.
 *
 * A topic without events has its meta alone, which expires soon when nobody follows the topic. Else whoever asks for what
 * does not exist would fill the memory of Redis.
 */

/**
 * Both scripts begin with this. `isRolledBack` in them means that Redis gave out a higher offset of the same epoch before:
 * it came back from an older copy of its data. Going on would use offsets twice, so the log begins again under a new epoch.
 */
const openLog = `
local meta, stream, ids = KEYS[1], KEYS[2], KEYS[3]
local newEpoch, maxAgeMs, knownEpoch, knownOffset = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local state = redis.call('HMGET', meta, 'epoch', 'offset', 'kept')
local epoch, head = state[1], tonumber(state[2])
local function begin(ttlMs)
  redis.call('DEL', stream, ids)
  redis.call('HSET', meta, 'epoch', newEpoch, 'offset', 0)
  redis.call('PEXPIRE', meta, ttlMs)
  epoch, head = newEpoch, 0
end
`;

/** Begins the message of a refusal. */
const staleTurn = 'STALETURN';

/**
 * ARGV from 5: maxEvents, the time or '' for that of the server, the turn or '', then the id and the JSON of each event. Returns the epoch, then the offset of each
 * event. A turn that is lower than one that was seen is refused before anything changes.
 */
const appendLua = (publish: 'PUBLISH' | 'SPUBLISH') => `${openLog}
local channel, maxEvents, now, turn = KEYS[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if turn ~= '' then
  local seen = redis.call('HGET', meta, 'turn')
  if seen and tonumber(seen) > tonumber(turn) then
    return redis.error_reply('${staleTurn} turn ' .. turn .. ' is over, ' .. seen .. ' has begun')
  end
  if seen ~= turn then redis.call('HSET', meta, 'turn', turn) end
end
local isRolledBack = epoch == knownEpoch and head < knownOffset
if not epoch or isRolledBack then begin(maxAgeMs) end

local reply = {epoch}
for i = 8, #ARGV, 2 do
  local id, event = ARGV[i], ARGV[i + 1]
  local offset = tonumber(redis.call('HGET', ids, id))
  if not offset then
    head = head + 1
    offset = head
    redis.call('XADD', stream, offset .. '-0', 'id', id, 'at', now, 'event', event)
    redis.call('HSET', ids, id, offset)
    redis.call('HSET', meta, 'offset', head)
    redis.call('${publish}', channel, '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',"event":' .. event .. '}')
  end
  reply[#reply + 1] = offset
end

while true do
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  local length = head - tonumber(string.match(oldest[1], '^%d+')) + 1
  local isTooOld = tonumber(oldest[2][4]) < now - maxAgeMs
  if length <= maxEvents and not isTooOld then break end
  redis.call('XDEL', stream, oldest[1])
  redis.call('HDEL', ids, oldest[2][2])
end

for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], maxAgeMs) end
return reply
`;

/**
 * ARGV from 5: limit; '1' when the known position comes from the log itself, and not from a client's cursor, which may be
 * made up; the id of the event at the known offset or ''; how long a log without events is kept; '1' where it is to be kept like one
 * with events. Returns epoch, head, 1 when the log reaches back to the known
 * offset and else 0, then the events behind it.
 */
const readLua = `${openLog}
local limit, isTrusted, knownId, emptyAgeMs = tonumber(ARGV[5]), ARGV[6] == '1', ARGV[7], tonumber(ARGV[8])
local isKept = state[3] or ARGV[9] == '1'
if not epoch then begin(emptyAgeMs) end
if isTrusted and epoch == knownEpoch then
  local isRolledBack = head < knownOffset
  if not isRolledBack and knownId ~= '' then
    local entry = redis.call('XRANGE', stream, knownOffset, knownOffset)[1]
    isRolledBack = entry and entry[2][2] ~= knownId
  end
  if isRolledBack then begin(emptyAgeMs) end
end
if isKept and not state[3] then redis.call('HSET', meta, 'kept', 1) end
local ageMs = head == 0 and not isKept and emptyAgeMs or maxAgeMs
if redis.call('PTTL', meta) < ageMs / 2 then redis.call('PEXPIRE', meta, ageMs) end

if epoch ~= knownEpoch or knownOffset > head then return {epoch, head, 0} end
local reply = {epoch, head, 1}
if limit > 0 and knownOffset < head then
  local entries = redis.call('XRANGE', stream, knownOffset + 1, '+', 'COUNT', limit)
  if not entries[1] or entries[1][1] ~= (knownOffset + 1) .. '-0' then return {epoch, head, 0} end
  for _, entry in ipairs(entries) do reply[#reply + 1] = entry[2][6] end
end
return reply
`;

/** Forgets a log without events that nobody follows. Whoever begins to follow it subscribes to its channel before they read. */
const forgetLua = (countFollowers: 'NUMSUB' | 'SHARDNUMSUB') => `
local meta, channel = KEYS[1], KEYS[2]
local state = redis.call('HMGET', meta, 'offset', 'kept')
if state[1] ~= '0' or state[2] then return 0 end
if redis.call('PUBSUB', '${countFollowers}', channel)[2] > 0 then return 0 end
return redis.call('DEL', meta)
`;

/** The last position of a topic's log that a caller has seen. */
export interface Known extends Position {
  /** The id of the event at `offset`, where it is known. */
  readonly id?: string | undefined;
}

export interface LogPage {
  readonly position: Position;
  /** Null when the log does not reach back to what was asked for. */
  readonly events: readonly LoggedEvent[] | null;
}

export interface ReadOptions {
  readonly after: Known | undefined;
  /** 0 asks for the position alone. */
  readonly limit: number;
  /** Whether `after` comes from the log itself. A log whose head is before it has then been rolled back, and begins a new epoch. */
  readonly isTrusted: boolean;
  /** Whether somebody may come back with the position, though there was no event yet. */
  readonly isKept?: boolean;
}

export interface AppendOptions {
  /** The highest position that this process has seen of the log. */
  readonly known: Position | undefined;
  readonly turn: number | null;
}

/** An event as its channel carries it. */
export interface Envelope {
  readonly epoch: string;
  readonly event: LoggedEvent;
}

export interface LogScriptsOptions {
  readonly bounds: EventLogBounds;
  /** How long a log without events is kept when nobody follows the topic, milliseconds. */
  readonly emptyAgeMs: number;
}

/** The logs of all topics in one Redis. Each operation is one script call. */
export function createLogScripts(redis: RedisConnections, { bounds, emptyAgeMs }: LogScriptsOptions) {
  const { maxEvents, maxAgeMs } = bounds;
  // In a cluster, PUBLISH sends every event to every node, and SPUBLISH only to the node that holds the topic.
  const runAppend = createScript(appendLua(redis.isCluster ? 'SPUBLISH' : 'PUBLISH'));
  const runRead = createScript(readLua);
  const runForget = createScript(forgetLua(redis.isCluster ? 'SHARDNUMSUB' : 'NUMSUB'));
  const run = (script: typeof runRead, topic: string, args: readonly (string | number)[]) =>
    reach('The event log', () => script(redis.commands, keysOf(topic), args));
  const keysOf = (topic: string) => {
    const base = channelOf(redis, topic);
    return [`${base}:meta`, `${base}:stream`, `${base}:ids`, base];
  };
  // Every call brings the id of an epoch, and hardly any begins one: to count up costs less than new random bytes.
  const origin = randomBytes(9).toString('base64url');
  let calls = 0;
  const openArgs = (known: Position | undefined) => [
    origin + (calls++).toString(36),
    maxAgeMs,
    known?.epoch ?? '',
    known?.offset ?? 0,
  ];

  return {
    /** Appends in order, in a turn or outside of any. */
    async append(topic: string, events: readonly NewEvent[], { known, turn }: AppendOptions) {
      const args = [...openArgs(known), maxEvents, redis.serverTime ?? '', turn ?? ''];
      for (const { id, at, data } of events) args.push(id, JSON.stringify({ id, at, data }));
      const reply = await run(runAppend, topic, args).catch((error: unknown) => {
        const isStale = error instanceof Error && error.message.startsWith(staleTurn);
        throw isStale && turn !== null ? new StaleTurn(turn, error) : error;
      });
      const [epoch, ...offsets] = reply as [string, ...number[]];
      return offsets.map((offset): Position => ({ epoch, offset }));
    },

    async read(topic: string, { after, limit, isTrusted, isKept }: ReadOptions): Promise<LogPage> {
      const trusted = isTrusted ? 1 : 0;
      const args = [...openArgs(after), limit, trusted, after?.id ?? '', emptyAgeMs, isKept ? 1 : 0];
      const reply = await run(runRead, topic, args);
      const [epoch, offset, isFound, ...events] = reply as [string, number, number, ...string[]];
      const first = (after?.offset ?? 0) + 1;
      return {
        position: { epoch, offset },
        events: isFound
          ? events.map((json, index) => ({ ...parseEvent(json), offset: first + index }))
          : null,
      };
    },

    /** Forgets the topic's log if it has no events, nobody follows it, and nobody may come back with its position. */
    async forget(topic: string): Promise<void> {
      const channel = channelOf(redis, topic);
      const keys = [`${channel}:meta`, channel];
      await reach('The event log', () => runForget(redis.commands, keys, []));
    },
  };
}

export type LogScripts = ReturnType<typeof createLogScripts>;

/** The channel of a topic. What stands between the braces decides on the slot. */
export function channelOf(redis: RedisConnections, topic: string): string {
  // A brace in the name of the topic would end the hash tag early.
  return redis.key(`log:{${topic.replace(/[%{}]/g, encodeURIComponent)}}`);
}

function parseEvent(json: string): NewEvent {
  return JSON.parse(json) as NewEvent;
}

/** Reads a message as the append script publishes it; undefined when it is something else. */
export function readEnvelope(message: unknown): Envelope | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { epoch, offset, event } = message as { epoch?: unknown; offset?: unknown; event?: unknown };
  if (typeof epoch !== 'string' || typeof offset !== 'number') return undefined;
  if (typeof event !== 'object' || event === null) return undefined;
  const { id, at, data } = event as NewEvent;
  return { epoch, event: { id, at, data, offset } };
}
