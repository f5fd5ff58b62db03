/** The Lua scripts that take slots in Redis and write them, many in one call. */
import { createScript } from '../redis-connections.ts';
import type { SlotAct, SlotKey, SlotTake } from './slots.ts';

/** One take or write. */
export interface SlotStep {
  readonly key: SlotKey;
  readonly act: 'take' | SlotAct;
  readonly generation: string;
  readonly position: string | null;
  readonly from: SlotTake['from'];
}

/**
 * What Redis answers to a step. A take: `new`, with when the slots of its place were lost, in milliseconds, or empty; `taken`, `held`, `contested`,
 * `full` or `replaced`, with the position that was there, and for `taken` and `held` the generation and process as well: no process where nobody held it.
 * `taken` without a position: with when those of its place were lost. A write: `written`, `replaced` or `missing`.
 */
export type SlotAnswer = readonly [
  outcome: string,
  position?: string,
  generation?: string,
  process?: string,
  lostAt?: string,
];

/**
 * | key             | holds                                                                                  |
 * | --------------- | -------------------------------------------------------------------------------------- |
 * | slots           | sorted set: operations of a viewer that have a slot, by when they were last renewed     |
 * | slot            | hash: g generation, h process that holds it (empty: nobody), p position, n call; r and s the two before g, b the process that r was taken from (empty: it had left) |
 * | takeovers       | how often it was taken of late from who had not left it                                 |
 * | heard           | of each place: when a process last said that it is there, and to which server           |
 * | lost            | of each place: when slots were lost there, as long as one that was lost would have lived |
 * | room            | of a viewer: when the first of those was left that made room for others, as long as one would have lived |
 * | slot:others     | beside a slot that several may have: who asked for it in vain, \`*\` for more than one      |
 *
 * Calls of a process have growing numbers. One that was sent again, since Redis did not have the script yet, may come behind a later one:
 * then it writes nothing.
 *
 * For steps, KEYS: of their place `heard` and `lost`. ARGV: `step`, call, how long a slot is kept that is held, and that is not, how long
 * `heard` is kept, process, the most of a viewer, takeovers and their window; then six lines for each step: the viewer's slots, the operation,
 * act, generation, position, and from whom it may be taken: `*`, a generation, or empty for nobody. To be heard, KEYS: the same. ARGV: `hear`,
 * and the next four as for steps. For moves, KEYS: one of the slots. ARGV: `move`, call; then three lines for each: slot, generation and
 * position. Answers with what was not moved: its index, and why. Lines are in one text, since a client is busy with each argument.
 *
 * It is one script: a text that Redis does not have yet is sent once more, and that of another script would come before it.
 */
export const script = createScript(`
  local call = tonumber(ARGV[2])
  local function isLate(newest)
    return newest and tonumber(newest) > call
  end

  if ARGV[1] == 'move' then
    local refused, index = {}, 0
    for slot, generation, position in string.gmatch(ARGV[3], '([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n') do
      local old = redis.call('HMGET', slot, 'g', 'n')
      if old[1] ~= generation then
        refused[#refused + 1] = index
        refused[#refused + 1] = old[1] and 'replaced' or 'missing'
      elseif not isLate(old[2]) then
        redis.call('HSET', slot, 'p', position, 'n', call)
      end
      index = index + 1
    end
    return refused
  end

  local heldMs, windowMs, heardMs = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)

  local heard, lost, server, loss = KEYS[1], KEYS[2], nil, nil
  local function noteHeard()
    redis.call('SET', heard, string.format('%.0f', now) .. server, 'PX', heardMs)
  end

  -- A place of which nothing is known was lost with all its slots. One at which nobody was heard for so long may have let those
  -- end that were held, since nobody could renew them. Another server may have an older copy. All steps are of one place.
  local function lossOfPlace()
    if loss then return loss end
    local known = redis.call('GET', heard)
    local at = known and tonumber(string.sub(known, 1, 13)) or now
    server = string.match(redis.call('INFO', 'server'), 'run_id:%w+')
    if not known or string.sub(known, 14) ~= server or now - at > windowMs then
      redis.call('SET', lost, math.min(at, tonumber(redis.call('GET', lost) or now)), 'PX', heldMs)
      noteHeard()
    end
    loss = redis.call('GET', lost) or ''
    return loss
  end

  if ARGV[1] == 'hear' then
    lossOfPlace()
    noteHeard()
    return true
  end

  local process, max, maxTakeovers, takeoverMs = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]

  -- Those that nobody holds come before all others, in which the oldest come first.
  local function keep(slot, slots, operation, isHeld)
    local ms = isHeld and heldMs or windowMs
    redis.call('PEXPIRE', slot, ms)
    redis.call('ZADD', slots, isHeld and now or now - 4e12, operation)
    if redis.call('PTTL', slots) < ms then redis.call('PEXPIRE', slots, ms) end
  end

  local function remove(slot, slots, takeovers, operation)
    redis.call('DEL', slot, takeovers)
    redis.call('ZREM', slots, operation)
  end

  local function isFull(slots)
    return #redis.call('ZRANGE', slots, max - 1, max - 1) > 0
  end

  local function noteMadeRoom(room, leftMs)
    local leftAt, known = now - windowMs + leftMs, redis.call('GET', room)
    if known then leftAt = math.min(leftAt, tonumber(known)) end
    redis.call('SET', room, leftAt, 'PX', math.max(leftMs, redis.call('PTTL', room)))
  end

  -- What has expired, or what nobody holds. Few are looked at: those that are held are renewed, so that the others come first.
  local function hasRoom(slots)
    if not isFull(slots) then return true end
    for _, operation in ipairs(redis.call('ZRANGE', slots, 0, 15)) do
      local slot = slots .. ':' .. operation
      local holder = redis.call('HGET', slot, 'h')
      if not holder or holder == '' then
        if holder then noteMadeRoom(slots .. ':room', redis.call('PTTL', slot)) end
        redis.call('DEL', slot)
        redis.call('ZREM', slots, operation)
        if not isFull(slots) then return true end
      end
    end
    return false
  end

  local function begin(slot, slots, operation, generation, position)
    if not hasRoom(slots) then return false end
    redis.call('HSET', slot, 'g', generation, 'h', process, 'p', position, 'n', call)
    keep(slot, slots, operation, true)
    return true
  end

  local function isContested(takeovers)
    local count = redis.call('INCRBY', takeovers, 1)
    if count == 1 or count > maxTakeovers then redis.call('PEXPIRE', takeovers, takeoverMs) end
    return count > maxTakeovers
  end

  local function take(slot, slots, takeovers, operation, act, generation, position, from)
    local old = redis.call('HMGET', slot, 'g', 'h', 'p', 'n', 'r', 's', 'b')
    local isShared = from ~= '*'
    local others = slot .. ':others'
    local asked = isShared and redis.call('GET', others)
    -- Somebody else may come back, or whoever lives beside its holder takes it by and by: nobody can say whose place it is.
    -- A server that may have lost something may have lost who that was.
    local isDoubted = asked and (asked ~= generation or from == '') or isShared and lossOfPlace() ~= ''
    if not old[1] then
      local lostAt, madeRoom = lossOfPlace(), redis.call('GET', slots .. ':room')
      if madeRoom and (lostAt == '' or tonumber(madeRoom) < tonumber(lostAt)) then lostAt = madeRoom end
      if isDoubted and lostAt == '' then lostAt = now end
      if lostAt ~= '' then
        position = ''
        if isShared then redis.call('SET', others, '*', 'PX', heldMs) end
      end
      if not begin(slot, slots, operation, generation, position) then return {'full'} end
      return {'new', lostAt}
    end
    if old[5] == generation or old[6] == generation then return {'replaced'} end
    local isAgain = old[1] == generation
    -- Who asks once more, since no answer has come, may not have told whom it has replaced.
    if isAgain and isLate(old[4]) then return {'taken', old[3], old[5] or '', old[7] or ''} end
    local isTakeover = old[2] ~= '' and not isAgain
    if isTakeover and isShared and from ~= old[1] then
      redis.call('SET', others, asked and asked ~= generation and '*' or generation, 'PX', heldMs)
      return {'held', old[3], old[1], old[2]}
    end
    if isTakeover and isContested(takeovers) then return {'contested', isShared and '' or old[3]} end
    if isShared and not isAgain then
      -- Who had it before may be another one, who comes back.
      redis.call('SET', others, '*', 'PX', heldMs)
      if isDoubted then
        old[3] = ''
        redis.call('HSET', slot, 'p', '')
      end
    end
    if not isAgain then redis.call('HSET', slot, 'r', old[1], 's', old[5] or '', 'b', old[2]) end
    redis.call('HSET', slot, 'g', generation, 'h', process, 'n', call)
    keep(slot, slots, operation, true)
    local lostAt = old[3] == '' and lossOfPlace() or ''
    if isAgain then return {'taken', old[3], old[5] or '', old[7] or '', lostAt} end
    return {'taken', old[3], old[1], old[2], lostAt}
  end

  local function write(slot, slots, takeovers, operation, act, generation, position, from)
    if act == 'drop' then
      remove(slot, slots, takeovers, operation)
      return {'written'}
    end
    local old = redis.call('HMGET', slot, 'g', 'n')
    if not old[1] then
      if act ~= 'restore' then return {'missing'} end
      if from ~= '*' then redis.call('SET', slot .. ':others', '*', 'PX', heldMs) end
      return {begin(slot, slots, operation, generation, position) and 'written' or 'missing'}
    end
    if old[1] ~= generation then return {'replaced'} end
    if isLate(old[2]) then return {'written'} end
    if act == 'delete' then
      remove(slot, slots, takeovers, operation)
      return {'written'}
    end
    redis.call('HSET', slot, 'n', call)
    if position ~= '' then redis.call('HSET', slot, 'p', position) end
    if act == 'end' then redis.call('HSET', slot, 'h', '') end
    keep(slot, slots, operation, act ~= 'end')
    return {'written'}
  end

  local answers = {}
  local lines = '([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n'
  for slots, operation, act, generation, position, from in string.gmatch(ARGV[10], lines) do
    local slot = slots .. ':' .. operation
    local takeovers = slot .. ':takeovers'
    local run = act == 'take' and take or write
    answers[#answers + 1] = run(slot, slots, takeovers, operation, act, generation, position, from)
  end
  return answers
`);

/** KEYS: a viewer's slots. Their takeovers stay, and are forgotten within a minute. */
export const deletion = createScript(`
  for _, operation in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    redis.call('DEL', KEYS[1] .. ':' .. operation)
  end
  redis.call('DEL', KEYS[1])
  return true
`);

/** KEYS: `heard` and `lost` of a place at which nothing was ever kept. ARGV: how long `heard` is kept. */
export const declaration = createScript(`
  local time = redis.call('TIME')
  local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('SET', KEYS[1], now .. string.match(redis.call('INFO', 'server'), 'run_id:%w+'), 'PX', ARGV[1])
  redis.call('DEL', KEYS[2])
  return true
`);
