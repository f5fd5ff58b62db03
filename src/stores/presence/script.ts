/** The Lua script by which processes change the presence in Redis, and the keys that it works on. */
import type { RedisConnections } from '../redis-connections.ts';

/**
 * All keys have the same hash tag, so that they lie on one node of a cluster and one script may use them together.
 *
 * | key           | holds                                                                            |
 * | ------------- | -------------------------------------------------------------------------------- |
 * | epoch         | random id; another one after Redis has lost its data                             |
 * | processes     | sorted set: process → end of its lease, by the server's own time                 |
 * | renewed       | hash: process → when it last renewed its lease                                   |
 * | totals        | hash: process → number of its connections                                        |
 * | viewers       | hash: viewer → their living connections, and what is shown of them, JSON         |
 * | since         | sorted set: viewer → when their oldest connection was made                       |
 * | leaving       | sorted set: viewer without a connection → end of their grace period              |
 * | process:{id}  | set: connections of one process, JSON [connection, viewer]                       |
 * | reports:{id}  | sorted set: reports of one process that it has not confirmed yet, by number      |
 *
 * Every step renews the expiry of all of them, so that nothing is left when the last process has ended.
 */
export function createPresenceKeys(redis: RedisConnections, processId: string) {
  const key = (name: string) => redis.key(`{presence}:${name}`);
  const ofProcess = (id: string) => [key(`process:${id}`), key(`reports:${id}`)];
  const shared = ['epoch', 'processes', 'renewed', 'totals', 'viewers', 'since', 'leaving'].map(key);
  return {
    totals: key('totals'),
    viewers: key('viewers'),
    since: key('since'),
    /** The keys of a step. The last two belong to a dead process; without one, they are the process's own again. */
    ofStep: (deadProcessId: string | null) => [
      ...shared,
      ...ofProcess(processId),
      ...ofProcess(deadProcessId ?? processId),
    ],
  };
}

/** ARGV: the step as JSON. What it returns is read in `step.ts`. */
export const stepScript = `
  local EPOCH, PROCESSES, RENEWED, TOTALS, VIEWERS, SINCE, LEAVING, OWN, REPORTS, DEAD, DEAD_REPORTS = unpack(KEYS)
  local step = cjson.decode(ARGV[1])
  local BATCH = 200

  local time = redis.call('TIME')
  local serverNow = time[1] * 1000 + math.floor(time[2] / 1000)
  local now = step.now ~= cjson.null and step.now or serverNow

  redis.call('SET', EPOCH, step.freshEpoch, 'NX')
  local epoch = redis.call('GET', EPOCH)
  if step.epoch ~= '' and step.epoch ~= epoch then
    redis.call('PEXPIRE', EPOCH, step.keepMs)
    return {epoch, 0, 0, 0, '', -1, {}, {}}
  end

  -- An answer may be lost, so a report is kept until its process has confirmed it.
  redis.call('ZREMRANGEBYSCORE', REPORTS, '-inf', step.handled)
  local function report(kind, viewerId, at, lastSeen)
    local last = redis.call('ZREVRANGE', REPORTS, 0, 0, 'WITHSCORES')
    local micros = time[1] * 1000000 + time[2]
    local number = string.format('%.0f', math.max(micros, step.handled + 1, (tonumber(last[2]) or 0) + 1))
    redis.call('ZADD', REPORTS, number, number .. ' ' .. cjson.encode({kind, viewerId, at, lastSeen}))
  end

  -- Each viewer is read and written once in a step, however many of their connections begin and end in it.
  local viewers, changed = {}, {}
  local function readViewer(viewerId)
    if viewers[viewerId] == nil then
      local json = redis.call('HGET', VIEWERS, viewerId)
      viewers[viewerId] = json and cjson.decode(json) or false
    end
    return viewers[viewerId]
  end

  local function change(viewerId, viewer)
    viewers[viewerId], changed[viewerId] = viewer, true
  end

  local function writeViewer(viewerId, viewer)
    local oldest, newest
    for _, connection in pairs(viewer.connections) do
      if not oldest or connection.connectedAt < oldest.connectedAt then oldest = connection end
      if not newest or connection.connectedAt > newest.connectedAt then newest = connection end
    end
    if oldest then
      viewer.connectedAt, viewer.name, viewer.role = oldest.connectedAt, newest.name, newest.role
    end
    redis.call('HSET', VIEWERS, viewerId, cjson.encode(viewer))
    redis.call('ZADD', SINCE, viewer.connectedAt, viewerId)
  end

  local function connect(connection, isKnown)
    local viewer = readViewer(connection.viewerId)
    if not viewer then
      viewer = {connections = {}}
      if not isKnown then report('online', connection.viewerId, now, now) end
    end
    viewer.connections[connection.connectionId] = {
      connectedAt = connection.connectedAt, name = connection.name, role = connection.role
    }
    redis.call('SADD', OWN, cjson.encode({connection.connectionId, connection.viewerId}))
    redis.call('ZREM', LEAVING, connection.viewerId)
    change(connection.viewerId, viewer)
  end

  local function disconnect(connectionId, viewerId, endedAt)
    local viewer = readViewer(viewerId)
    local ended = viewer and viewer.connections[connectionId]
    if not ended then return end
    viewer.connections[connectionId] = nil
    if next(viewer.connections) == nil then
      viewer.connectedAt, viewer.name, viewer.role = ended.connectedAt, ended.name, ended.role
      viewer.lastSeen = endedAt
      redis.call('ZADD', LEAVING, now + step.graceMs, viewerId)
    end
    change(viewerId, viewer)
  end

  -- Several processes may clean up after the same dead one: each takes another batch of its connections.
  local function cleanUp(processId)
    local leaseEnd = redis.call('ZSCORE', PROCESSES, processId)
    if not leaseEnd or tonumber(leaseEnd) > serverNow then return end
    local lastSeen = tonumber(redis.call('HGET', RENEWED, processId)) or now
    for _, member in ipairs(redis.call('SPOP', DEAD, BATCH)) do
      local connection = cjson.decode(member)
      disconnect(connection[1], connection[2], lastSeen)
    end
    redis.call('HSET', TOTALS, processId, redis.call('SCARD', DEAD))
    if redis.call('EXISTS', DEAD) == 1 then return end
    for _, member in ipairs(redis.call('ZRANGE', DEAD_REPORTS, 0, -1)) do
      local unhandled = cjson.decode(string.match(member, ' (.*)'))
      report(unhandled[1], unhandled[2], unhandled[3], unhandled[4])
    end
    redis.call('DEL', DEAD_REPORTS)
    redis.call('ZREM', PROCESSES, processId)
    redis.call('HDEL', RENEWED, processId)
    redis.call('HDEL', TOTALS, processId)
  end

  for _, each in ipairs(step.connects) do connect(each.connection, each.isKnown) end
  for _, each in ipairs(step.disconnects) do
    redis.call('SREM', OWN, cjson.encode({each.connectionId, each.viewerId}))
    disconnect(each.connectionId, each.viewerId, now - each.endedAgoMs)
  end
  if step.deadProcessId ~= cjson.null then cleanUp(step.deadProcessId) end
  for viewerId in pairs(changed) do writeViewer(viewerId, viewers[viewerId]) end

  local due = redis.call('ZRANGEBYSCORE', LEAVING, '-inf', now, 'LIMIT', 0, BATCH)
  for _, viewerId in ipairs(due) do
    local viewer = readViewer(viewerId)
    redis.call('ZREM', LEAVING, viewerId)
    redis.call('ZREM', SINCE, viewerId)
    redis.call('HDEL', VIEWERS, viewerId)
    report('offline', viewerId, now, viewer and viewer.lastSeen or now)
  end

  local connections = redis.call('SCARD', OWN)
  if step.isLeaving then
    redis.call('ZREM', PROCESSES, step.processId)
    redis.call('HDEL', RENEWED, step.processId)
    redis.call('HDEL', TOTALS, step.processId)
  else
    redis.call('ZADD', PROCESSES, serverNow + step.leaseMs, step.processId)
    redis.call('HSET', RENEWED, step.processId, now)
    redis.call('HSET', TOTALS, step.processId, connections)
  end

  local deadProcessId, nextLeaseEndMs = '', -1
  local first = redis.call('ZRANGE', PROCESSES, 0, 1, 'WITHSCORES')
  for i = #first - 1, 1, -2 do
    if first[i] ~= step.processId then
      nextLeaseEndMs = math.max(0, tonumber(first[i + 1]) - serverNow)
      deadProcessId = nextLeaseEndMs == 0 and first[i] or ''
    end
  end
  local reports = redis.call('ZRANGE', REPORTS, 0, -1)
  local members = step.wantsMembers and redis.call('SMEMBERS', OWN) or {}
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, step.keepMs) end
  return {epoch, 1, connections, #due == BATCH and 1 or 0, deadProcessId, nextLeaseEndMs, reports, members}
`;
