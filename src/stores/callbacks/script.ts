/** The Lua scripts that keep subscriptions by callback in Redis, and the keys that they work on. */
import type { RedisClient } from '../redis-client.ts';
import { createScript, type RedisConnections } from '../redis-connections.ts';
import { maxCallbacks, type CallbackEntry, type CallbackWrite } from './callbacks.ts';

/** One step: to keep a subscription, or to write one. */
export type CallbackStep =
  ({ readonly act: 'begin' | 'restore' } & CallbackEntry) | (CallbackWrite & { readonly data?: undefined });

/** What Redis answers to a step: see `CallbackKept` and `CallbackWritten`. */
export type CallbackAnswer = 'kept' | 'full' | 'written' | 'replaced' | 'missing';

/** What Redis answers of one that was taken. The position is empty where there is none. */
type TakenAnswer = readonly [name: string, generation: string, data: string, position: string, left: string];

/** In how many places of a cluster they lie, each with all its keys in one slot. */
const placeCount = 16;

/** Where a subscription lies. */
export function placeOf(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) % 65_521;
  return sum % placeCount;
}

/**
 * | key                 | holds                                                                                            |
 * | ------------------- | ------------------------------------------------------------------------------------------------ |
 * | callbacks:{n}       | sorted set: names of those in a place, by the end of their leases; 0 where nobody holds them      |
 * | callbacks:{n}:name  | hash: g generation (empty: nobody), d data, p position, l lease and k how long it is kept, both in milliseconds |
 *
 * The time is that of the server, or that of tests.
 */
const common = `
  local function timeOf(given)
    if given ~= '' then return tonumber(given) end
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
  end

  local function hold(due, entry, name, now, leaseMs, keepMs)
    local lifeMs = leaseMs + keepMs
    redis.call('ZADD', due, now + leaseMs, name)
    redis.call('PEXPIRE', entry, lifeMs)
    if redis.call('PTTL', due) < lifeMs then redis.call('PEXPIRE', due, lifeMs) end
  end
`;

/** KEYS: for each step its set and its entry. ARGV: the time, the most of a place; then seven for each step. */
const stepScript = createScript(`
  ${common}
  local now, max = timeOf(ARGV[1]), tonumber(ARGV[2])

  local function keep(due, entry, name, isRestore, generation, position, data, leaseMs, keepMs)
    local newest = redis.call('HGET', entry, 'g')
    if isRestore and newest and newest ~= generation then return 'replaced' end
    if not newest and redis.call('ZCARD', due) >= max then return 'full' end
    redis.call('HSET', entry, 'g', generation, 'd', data, 'p', position, 'l', leaseMs, 'k', keepMs)
    hold(due, entry, name, now, tonumber(leaseMs), tonumber(keepMs))
    return 'kept'
  end

  local function write(due, entry, name, act, generation, position)
    local kept = redis.call('HMGET', entry, 'g', 'l', 'k')
    if not kept[1] then return 'missing' end
    if kept[1] ~= generation then return 'replaced' end
    if act == 'end' then
      redis.call('DEL', entry)
      redis.call('ZREM', due, name)
      return 'written'
    end
    if position ~= '' then redis.call('HSET', entry, 'p', position) end
    hold(due, entry, name, now, tonumber(kept[2]), tonumber(kept[3]))
    if act == 'release' then
      redis.call('HSET', entry, 'g', '')
      redis.call('ZADD', due, 0, name)
    end
    return 'written'
  end

  local answers = {}
  for step = 1, #KEYS / 2 do
    local due, entry = KEYS[2 * step - 1], KEYS[2 * step]
    local name, act, generation, position, data, leaseMs, keepMs = unpack(ARGV, 7 * step - 4, 7 * step + 2)
    if act == 'begin' or act == 'restore' then
      answers[step] = keep(due, entry, name, act == 'restore', generation, position, data, leaseMs, keepMs)
    else
      answers[step] = write(due, entry, name, act, generation, position)
    end
  end
  return answers
`);

/** KEYS: sets. ARGV: the time, what generations begin with, how many at the most. What has expired meanwhile is forgotten. */
const takeScript = createScript(`
  ${common}
  local now, left = timeOf(ARGV[1]), tonumber(ARGV[3])
  local taken = {}
  for _, due in ipairs(KEYS) do
    if left <= 0 then break end
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, left)) do
      local entry = due .. ':' .. name
      local kept = redis.call('HMGET', entry, 'g', 'd', 'p', 'l', 'k')
      if not kept[1] then
        redis.call('ZREM', due, name)
      else
        local generation = ARGV[2] .. '.' .. #taken
        redis.call('HSET', entry, 'g', generation)
        hold(due, entry, name, now, tonumber(kept[4]), tonumber(kept[5]))
        taken[#taken + 1] = {name, generation, kept[2], kept[3], kept[1] == '' and '1' or ''}
        left = left - 1
      end
    end
  end
  return taken
`);

export function createCallbackScripts(redis: RedisConnections) {
  const dueKey = (place: number) => redis.key(`callbacks:{${place}}`);
  const groups = redis.isCluster
    ? Array.from({ length: placeCount }, (_, place) => [dueKey(place)])
    : [Array.from({ length: placeCount }, (_, place) => dueKey(place))];
  const now = () => redis.serverTime ?? '';
  return {
    /** The sets that one call may look at: on a cluster those of one place. */
    groups,
    /** Takes steps, in order; on a cluster all of one place. */
    async run(client: RedisClient, steps: readonly CallbackStep[]): Promise<readonly CallbackAnswer[]> {
      const keys: string[] = [];
      const args: (string | number)[] = [now(), Math.ceil(maxCallbacks / placeCount)];
      for (const step of steps) {
        const { name, act, generation, position } = step;
        const due = dueKey(placeOf(name));
        keys.push(due, `${due}:${name}`);
        args.push(name, act, generation, position ?? '');
        if (step.data === undefined) args.push('', '', '');
        else args.push(step.data, step.leaseMs, step.keepMs);
      }
      return (await stepScript(client, keys, args)) as readonly CallbackAnswer[];
    },
    /** Takes those of one group that nobody holds. */
    async take(client: RedisClient, keys: readonly string[], generation: string, limit: number) {
      return (await takeScript(client, keys, [now(), generation, limit])) as readonly TakenAnswer[];
    },
  };
}
