/** The Lua script that takes slots in Redis and writes them, many in one call, and the keys that it works on. */
import type { RedisClient } from '../redis-client.ts';
import { createScript, type RedisConnections } from '../redis-connections.ts';
import {
  heldFor,
  maxTakeovers,
  takeoverWindowMs,
  type SlotAct,
  type SlotBounds,
  type SlotKey,
  type SlotMove,
  type SlotWritten,
} from './slots.ts';

/** One take or write. */
export interface SlotStep {
  readonly key: SlotKey;
  readonly act: SlotAct | 'take';
  readonly generation: string;
  readonly position: string | null;
}

/**
 * What Redis answers to a step. A take: `new`, `taken`, `contested` or `full`, with the position that was there, and for `taken` the
 * generation and process as well, empty where there was none. A write: `written`, `replaced` or `missing`.
 */
export type SlotAnswer = readonly [outcome: string, position?: string, generation?: string, process?: string];

/**
 * | key             | holds                                                                                  |
 * | --------------- | -------------------------------------------------------------------------------------- |
 * | slots           | sorted set: operations of a viewer that have a slot, by when they were last renewed     |
 * | slot            | hash: g generation, h process that holds it (empty: nobody), p position, n call          |
 * | takeovers       | how often it was taken of late from who had not left it                                 |
 *
 * Calls of a process have growing numbers. One that was sent again, since Redis did not have the script yet, may come behind a later one:
 * then it writes nothing.
 *
 * For steps, KEYS: for each step its slot, the viewer's slots, its takeovers. ARGV: `step`, call, process, how long a slot is kept that is
 * held, and that is not, the most of a viewer, takeovers and their window; then for each step the operation, act, generation and
 * position. For moves, KEYS: one of the slots. ARGV: `move`, call; then a line each with slot, generation and position of each, in one
 * text, since a client is busy with each argument. Answers with what was not moved: its index, and why.
 *
 * It is one script: a text that Redis does not have yet is sent once more, and that of another script would come before it.
 */
const script = createScript(`
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

  local process, heldMs, windowMs, max = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local maxTakeovers, takeoverMs = tonumber(ARGV[7]), ARGV[8]
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)

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

  -- What has expired, or what nobody holds. Few are looked at: those that are held are renewed, so that the others come first.
  local function hasRoom(slots)
    if not isFull(slots) then return true end
    for _, operation in ipairs(redis.call('ZRANGE', slots, 0, 15)) do
      local slot = slots .. ':' .. operation
      local holder = redis.call('HGET', slot, 'h')
      if not holder or holder == '' then
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

  local function take(slot, slots, takeovers, operation, generation, position)
    local old = redis.call('HMGET', slot, 'g', 'h', 'p', 'n')
    if not old[1] then
      return {begin(slot, slots, operation, generation, position) and 'new' or 'full'}
    end
    if old[1] == generation and isLate(old[4]) then return {'taken', old[3], '', ''} end
    local isTakeover = old[2] ~= '' and old[1] ~= generation
    if isTakeover and isContested(takeovers) then return {'contested', old[3]} end
    redis.call('HSET', slot, 'g', generation, 'h', process, 'n', call)
    keep(slot, slots, operation, true)
    if not isTakeover then return {'taken', old[3], '', ''} end
    return {'taken', old[3], old[1], old[2]}
  end

  local function write(slot, slots, takeovers, operation, act, generation, position)
    if act == 'drop' then
      remove(slot, slots, takeovers, operation)
      return {'written'}
    end
    local old = redis.call('HMGET', slot, 'g', 'n')
    if not old[1] then
      if act ~= 'restore' then return {'missing'} end
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
  for step = 1, #KEYS / 3 do
    local slot, slots, takeovers = KEYS[3 * step - 2], KEYS[3 * step - 1], KEYS[3 * step]
    local operation, act, generation, position = unpack(ARGV, 4 * step + 5, 4 * step + 8)
    if act == 'take' then
      answers[step] = take(slot, slots, takeovers, operation, generation, position)
    else
      answers[step] = write(slot, slots, takeovers, operation, act, generation, position)
    end
  end
  return answers
`);

/** KEYS: a viewer's slots. Their takeovers stay, and are forgotten within a minute. */
const deletion = createScript(`
  for _, operation in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    redis.call('DEL', KEYS[1] .. ':' .. operation)
  end
  redis.call('DEL', KEYS[1])
  return true
`);

/** In how many places of a cluster slots may lie: those of one viewer lie together, and one call may have those of many. */
const placeCount = 64;

/** Where the slots of a viewer lie: the same for all keys of one call on a cluster. */
export function placeOf({ viewer }: Pick<SlotKey, 'viewer'>): number {
  let sum = 0;
  for (let at = 0; at < viewer.length; at += 1) sum = (sum * 31 + viewer.charCodeAt(at)) % 65_521;
  return sum % placeCount;
}

const slotsKey = (redis: RedisConnections, viewer: SlotKey['viewer']): string =>
  redis.key(`slots:{${placeOf({ viewer })}}:${viewer}`);

/** Makes the function that deletes all slots of a viewer. */
export function createSlotDeletion(redis: RedisConnections) {
  return async (client: RedisClient, viewer: SlotKey['viewer']): Promise<void> => {
    await deletion(client, [slotsKey(redis, viewer)], []);
  };
}

const slotKey = (redis: RedisConnections, { viewer, operation }: SlotKey): string =>
  `${slotsKey(redis, viewer)}:${operation}`;

/** Makes the function that moves slots: each process does so with all of its slots, every second, so that little is sent for one. */
export function createSlotMoves(redis: RedisConnections) {
  return async (
    client: RedisClient,
    moves: readonly SlotMove[],
    call: number,
  ): Promise<readonly SlotWritten[]> => {
    const written = new Array<SlotWritten>(moves.length).fill('written');
    if (moves.length === 0) return written;
    const lines: string[] = [];
    // Those of one viewer mostly stand together.
    let [viewer, slots] = ['', ''];
    for (const { key, generation, position } of moves) {
      if (key.viewer !== viewer) [viewer, slots] = [key.viewer, slotsKey(redis, key.viewer)];
      lines.push(`${slots}:${key.operation}`, generation, position);
    }
    const args = ['move', call, `${lines.join('\n')}\n`];
    const refused = (await script(client, [lines[0]!], args)) as readonly (number | SlotWritten)[];
    for (let at = 0; at < refused.length; at += 2)
      written[refused[at] as number] = refused[at + 1] as SlotWritten;
    return written;
  };
}

/** Makes the function that takes steps, in order. */
export function createSlotScript(redis: RedisConnections, process: string, bounds: SlotBounds) {
  const { windowMs, maxPerViewer } = bounds;
  const common = [process, heldFor(bounds), windowMs, maxPerViewer, maxTakeovers, takeoverWindowMs];
  return async (
    client: RedisClient,
    steps: readonly SlotStep[],
    call: number,
  ): Promise<readonly SlotAnswer[]> => {
    const keys: string[] = [];
    const args: (string | number)[] = ['step', call, ...common];
    for (const { key, act, generation, position } of steps) {
      const slots = slotsKey(redis, key.viewer);
      const slot = slotKey(redis, key);
      keys.push(slot, slots, `${slot}:takeovers`);
      args.push(key.operation, act, generation, position ?? '');
    }
    return (await script(client, keys, args)) as readonly SlotAnswer[];
  };
}
