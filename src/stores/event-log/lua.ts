/** The Lua scripts of the event log. */
import { lifeMs, nameServer } from './life.ts';

/*
 * A topic has five names in Redis, in the same slot of a cluster:
 *   meta     hash: epoch, offset of the newest event, when the log began, the highest turn that was appended in, and `kept` where a
 *            log without events is not to be forgotten
 *   stream   the events: entry `<offset>-0` with the event's id, the time of its append, the event as JSON, and where it says what
 *            it passes, the events before it as JSON
 *   ids      hash: offset of each event in the stream, by event id
 *   channel  carries each event when it is appended
 *   passed   hash, where events say what they pass: the offset of the last event that passed each value
 * A script is atomic, so they never disagree with each other. Each key expires when it has not been used for `maxAgeMs`.
 *
 * A topic without events has its meta alone, which expires soon when nobody follows the topic. Else whoever asks for what
 * does not exist would fill the memory of Redis.
 */

/**
 * Both scripts begin with this. `isRolledBack` in them means that Redis gave out a higher offset of the same epoch before:
 * it came back from an older copy of its data. Going on would use offsets twice, so the log begins again under a new epoch.
 *
 * A call that is sent once more, since its answer did not come before everything was lost, begins another log than it did at first: the
 * id of a new epoch ends with when it began.
 *
 * ARGV: the beginning of the id of a new epoch, maxAgeMs, the known epoch or '', the known offset, the time or '' for that of the server.
 *
 * `began` is kept together with its epoch: processes of the release before begin logs without it. The log then counts as begun
 * when somebody looks first, which is still later than all that was begun before.
 */
const openLog = `
local meta, stream, ids, passed = KEYS[1], KEYS[2], KEYS[3], KEYS[5]
local newEpoch, maxAgeMs, knownEpoch, knownOffset = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local state = redis.call('HMGET', meta, 'epoch', 'offset', 'kept', 'began')
local epoch, head, began = state[1], tonumber(state[2]), nil
local function now()
  if ARGV[5] ~= '' then return tonumber(ARGV[5]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function dateLog()
  began = string.format('%.0f', now())
  redis.call('HSET', meta, 'began', epoch .. ' ' .. began)
end
local function begin(ttlMs)
  redis.call('DEL', stream, ids, passed)
  epoch, head = newEpoch .. string.sub(string.format('%.0f', now()), -6), 0
  redis.call('HSET', meta, 'epoch', epoch, 'offset', 0)
  dateLog()
  redis.call('PEXPIRE', meta, ttlMs)
end
if epoch then
  local from = #epoch + 1
  if state[4] and string.sub(state[4], 1, from) == epoch .. ' ' then began = string.sub(state[4], from + 1) end
end
`;

/** Begins the message of a refusal. */
export const staleTurn = 'STALETURN';

/** Of an event that does not say what it passes, in place of the values. */
export const unknownPasses = '-';

/**
 * For each value that the event passes, the offset of the event before it that passed the same one, as JSON: 0 where the log has none,
 * and nothing where nobody knows, because somebody has appended since without saying what passes.
 */
const notePassing = `
local unpack = unpack or table.unpack
local function notePassing(offset, text)
  local values = {}
  for value in string.gmatch(text, '%S+') do values[#values + 1] = value end
  local known = redis.call('HMGET', passed, ' epoch', ' from', ' upTo', unpack(values))
  local from, writes = tonumber(known[2]), {' upTo', offset}
  if known[1] ~= epoch or tonumber(known[3]) ~= offset - 1 then
    redis.call('DEL', passed)
    known, from = {}, offset - 1
    writes = {' upTo', offset, ' epoch', epoch, ' from', from}
  end
  local before = {}
  for i, value in ipairs(values) do
    local last = known[3 + i] or (from == 0 and 0)
    if last then before[#before + 1] = '"' .. value .. '":' .. last end
    writes[#writes + 1] = value
    writes[#writes + 1] = offset
  end
  redis.call('HSET', passed, unpack(writes))
  return '{' .. table.concat(before, ',') .. '}'
end
`;

/**
 * KEYS[6]: what names the life of everything, where that is compared. ARGV from 6: maxEvents, the turn or '', the life in which it
 * began or '', then of each event the id, the JSON, and the values that it passes, with spaces between
 * them. Returns the epoch, then the offset of each event. A turn that is lower than one that was seen is refused before anything
 * changes, and so is one that began in another life, and one of somebody who knew another log, where this one knows of no turn: whoever
 * stood still while it was lost would append what others have appended to the old one.
 */
export const appendLua = (publish: 'PUBLISH' | 'SPUBLISH') => `${openLog}${notePassing}${nameServer}
local channel, maxEvents, turn, life, at = KEYS[4], tonumber(ARGV[6]), ARGV[7], ARGV[8], now()
if turn ~= '' then
  if life ~= '' then
    if (redis.call('GET', KEYS[6]) or '') .. ' ' .. server() ~= life then
      return redis.error_reply('${staleTurn} turn ' .. turn .. ' may have begun before something was lost')
    end
    redis.call('PEXPIRE', KEYS[6], ${lifeMs})
  end
  local seen = redis.call('HGET', meta, 'turn')
  if not seen and knownEpoch ~= '' and knownEpoch ~= epoch then
    return redis.error_reply('${staleTurn} turn ' .. turn .. ' may have begun before the log was lost')
  end
  if seen and tonumber(seen) > tonumber(turn) then
    return redis.error_reply('${staleTurn} turn ' .. turn .. ' is over, ' .. seen .. ' has begun')
  end
  if seen ~= turn then redis.call('HSET', meta, 'turn', turn) end
end
local isRolledBack = epoch == knownEpoch and head < knownOffset
if not epoch or isRolledBack then begin(maxAgeMs) end
if not began then dateLog() end

local reply, saysWhatPasses = {epoch}, false
for i = 9, #ARGV, 3 do
  local id, event, values = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local offset = tonumber(redis.call('HGET', ids, id))
  if not offset then
    head = head + 1
    offset = head
    local message = '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',"event":' .. event
    if values == '${unknownPasses}' then
      redis.call('XADD', stream, offset .. '-0', 'id', id, 'at', at, 'event', event)
    else
      local before = notePassing(offset, values)
      saysWhatPasses = true
      redis.call('XADD', stream, offset .. '-0', 'id', id, 'at', at, 'event', event, 'before', before)
      message = message .. ',"before":' .. before
    end
    redis.call('HSET', ids, id, offset)
    redis.call('HSET', meta, 'offset', head)
    redis.call('${publish}', channel, message .. '}')
  end
  reply[#reply + 1] = offset
end

while true do
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  local length = head - tonumber(string.match(oldest[1], '^%d+')) + 1
  local isTooOld = tonumber(oldest[2][4]) < at - maxAgeMs
  if length <= maxEvents and not isTooOld then break end
  redis.call('XDEL', stream, oldest[1])
  redis.call('HDEL', ids, oldest[2][2])
end

for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], maxAgeMs) end
if saysWhatPasses then redis.call('PEXPIRE', passed, maxAgeMs) end
return reply
`;

/**
 * ARGV from 6: limit; '1' when the known position comes from the log itself, and not from a client's cursor, which may be
 * made up; the id of the event at the known offset or ''; how long a log without events is kept; '1' where it is to be kept like one
 * with events. Returns epoch, head, when the log began, 1 when the log reaches back to the known offset and else 0, then of each
 * event behind it the JSON, and the events before it or ''.
 */
export const readLua = `${openLog}
local limit, isTrusted, knownId, emptyAgeMs = tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8], tonumber(ARGV[9])
local isKept = state[3] or ARGV[10] == '1'
if not epoch then begin(emptyAgeMs) end
if isTrusted and epoch == knownEpoch then
  local isRolledBack = head < knownOffset
  if not isRolledBack and knownId ~= '' then
    local entry = redis.call('XRANGE', stream, knownOffset, knownOffset)[1]
    isRolledBack = entry and entry[2][2] ~= knownId
  end
  if isRolledBack then begin(emptyAgeMs) end
end
if not began then dateLog() end
if isKept and not state[3] then redis.call('HSET', meta, 'kept', 1) end
local ageMs = head == 0 and not isKept and emptyAgeMs or maxAgeMs
if redis.call('PTTL', meta) < ageMs / 2 then redis.call('PEXPIRE', meta, ageMs) end

if epoch ~= knownEpoch or knownOffset > head then return {epoch, head, began, 0} end
local reply = {epoch, head, began, 1}
if limit > 0 and knownOffset < head then
  local entries = redis.call('XRANGE', stream, knownOffset + 1, '+', 'COUNT', limit)
  if not entries[1] or entries[1][1] ~= (knownOffset + 1) .. '-0' then return {epoch, head, began, 0} end
  for _, entry in ipairs(entries) do
    reply[#reply + 1] = entry[2][6]
    reply[#reply + 1] = entry[2][8] or ''
  end
end
return reply
`;

/**
 * ARGV from 6: how long a log without events is kept; a value that events may pass, or '' for the last event of all. Returns epoch, head,
 * when the log began, and the offset of the last event that passed the value, or '' where nobody knows.
 */
export const standingLua = `${openLog}
local emptyAgeMs, value = tonumber(ARGV[6]), ARGV[7]
if not epoch then begin(emptyAgeMs) end
if not began then dateLog() end
local last = head
if value ~= '' and head > 0 then
  local known = redis.call('HMGET', passed, ' epoch', ' from', ' upTo', value)
  local isKnown = known[1] == epoch and tonumber(known[3]) == head
  last = isKnown and (known[4] or (known[2] == '0' and '0')) or ''
end
return {epoch, head, began, last}
`;

/**
 * ARGV from 6: of events of the known log the offset, the id, and when they were appended. Returns the indexes of those that are missing:
 * then it begins again. So it does where they were appended to another log after this one began: it was there before that one.
 */
export const missingLua = `${openLog}
local oldest, missing = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1], {}
local first = oldest and tonumber(string.match(oldest[1], '^%d+')) or 1 / 0
for i = 6, epoch and #ARGV or 0, 3 do
  local offset, isMissing = tonumber(ARGV[i]), nil
  if epoch == knownEpoch then
    isMissing = offset > head or (offset >= first and redis.call('HGET', ids, ARGV[i + 1]) ~= ARGV[i])
  else
    isMissing = began and tonumber(ARGV[i + 2]) > tonumber(began)
  end
  if isMissing then missing[#missing + 1] = (i - 6) / 3 end
end
if missing[1] then begin(maxAgeMs) end
return missing
`;

/**
 * Has a log without events forgotten that nobody follows, ARGV[1] milliseconds from now. Whoever begins to follow it subscribes to its
 * channel before they read; but others may have lost their connection a moment ago, and follow it still: their next check keeps it.
 */
export const forgetLua = (countFollowers: 'NUMSUB' | 'SHARDNUMSUB') => `
local meta, channel = KEYS[1], KEYS[2]
local state = redis.call('HMGET', meta, 'offset', 'kept')
if state[1] ~= '0' or state[2] then return 0 end
if redis.call('PUBSUB', '${countFollowers}', channel)[2] > 0 then return 0 end
return redis.call('PEXPIRE', meta, ARGV[1])
`;
