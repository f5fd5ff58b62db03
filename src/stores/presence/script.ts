/** Owns the one script by which processes change the presence in Redis: keys, steps, and the form of its answer. */
import { createScript, type RedisClient, type RedisConnections } from '../redis-connections.ts';
import type { PresenceMember, PresenceUpdates } from './local-presence.ts';

/**
 * All keys carry one hash tag: they live on one node, so that a script may use them together.
 *
 * | key           | holds                                                                            |
 * | ------------- | -------------------------------------------------------------------------------- |
 * | epoch         | random id, new when what was here is lost                                        |
 * | processes     | sorted set: process → end of its lease, by the server's own time                 |
 * | renewed       | hash: process → when it last renewed its lease, by the process's time            |
 * | totals        | hash: process → number of its connections                                        |
 * | viewers       | hash: viewer → its living connections and what is shown of it, JSON              |
 * | since         | sorted set: viewer → when its oldest connection was made                         |
 * | leaving       | sorted set: viewer without a connection → end of its grace period                |
 * | process:{id}  | set: connections of one process, JSON [connection, viewer]                       |
 * | reports:{id}  | sorted set: what one process has to report and has not confirmed yet, by number  |
 *
 * Every step renews the expiry of all of them: nothing stays behind when the last process is gone.
 */
export function createPresenceKeys(redis: RedisConnections, processId: string) {
  const key = (name: string) => redis.key(`{presence}:${name}`);
  const ofProcess = (id: string) => [key(`process:${id}`), key(`reports:${id}`)];
  const shared = ['epoch', 'processes', 'renewed', 'totals', 'viewers', 'since', 'leaving'].map(key);
  return {
    totals: key('totals'),
    viewers: key('viewers'),
    since: key('since'),
    /** What a step works on: a dead process's keys stand behind, or the own ones again. */
    ofStep: (deadProcessId: string | null) => [
      ...shared,
      ...ofProcess(processId),
      ...ofProcess(deadProcessId ?? processId),
    ],
  };
}

/** What a process tells Redis in one step. */
export interface PresenceStep extends PresenceUpdates {
  readonly processId: string;
  /** Now, by the process's own clock, milliseconds. */
  readonly now: number;
  readonly graceMs: number;
  readonly leaseMs: number;
  /** After how long without any step the keys expire, milliseconds. */
  readonly keepMs: number;
  /** Number of the last report that was handled: it and those before it are forgotten. */
  readonly handled: number;
  /** The epoch that the process knows, empty when it knows none. Nothing is done in another one. */
  readonly epoch: string;
  /** The epoch's id if one has to begin. */
  readonly freshEpoch: string;
  /** A process whose lease seemed to have ended. */
  readonly deadProcessId: string | null;
  /** Whether the answer lists the connections that Redis knows of this process. */
  readonly wantsMembers: boolean;
  /** The process ends: it has no lease from now on. */
  readonly isLeaving: boolean;
}

/** A coming or going that this process, and no other, has to report. */
export interface PresenceReport {
  readonly number: number;
  readonly kind: 'online' | 'offline';
  readonly viewerId: string;
  readonly at: number;
  readonly lastSeen: number;
}

export interface PresenceAnswer {
  readonly epoch: string;
  /** False when the epoch is another one, and nothing was done. */
  readonly isDone: boolean;
  /** Connections that Redis knows of this process. */
  readonly connections: number;
  readonly reports: readonly PresenceReport[];
  /** One process whose lease has ended, if there is any. */
  readonly deadProcessId: string | null;
  /** Milliseconds until the first lease of another process ends; null without another process. */
  readonly nextLeaseEndMs: number | null;
  /** Whether more viewers' grace periods have ended than one step reports. */
  readonly hasMore: boolean;
  readonly members: readonly PresenceMember[];
}

const runStep = createScript(`
  local EPOCH, PROCESSES, RENEWED, TOTALS, VIEWERS, SINCE, LEAVING, OWN, REPORTS, DEAD, DEAD_REPORTS = unpack(KEYS)
  local step = cjson.decode(ARGV[1])
  local BATCH = 200

  local time = redis.call('TIME')
  local serverNow = time[1] * 1000 + math.floor(time[2] / 1000)

  redis.call('SET', EPOCH, step.freshEpoch, 'NX')
  local epoch = redis.call('GET', EPOCH)
  if step.epoch ~= '' and step.epoch ~= epoch then
    redis.call('PEXPIRE', EPOCH, step.keepMs)
    return {epoch, 0, 0, 0, '', -1, {}, {}}
  end

  -- A report stays until its process has confirmed it: an answer may get lost.
  redis.call('ZREMRANGEBYSCORE', REPORTS, '-inf', step.handled)
  local function report(kind, viewerId, at, lastSeen)
    local last = redis.call('ZREVRANGE', REPORTS, 0, 0, 'WITHSCORES')
    local micros = time[1] * 1000000 + time[2]
    local number = string.format('%.0f', math.max(micros, step.handled + 1, (tonumber(last[2]) or 0) + 1))
    redis.call('ZADD', REPORTS, number, number .. ' ' .. cjson.encode({kind, viewerId, at, lastSeen}))
  end

  -- Each viewer is read and written once in a step, however many of its connections come and go.
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
      if not isKnown then report('online', connection.viewerId, step.now, step.now) end
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
      redis.call('ZADD', LEAVING, step.now + step.graceMs, viewerId)
    end
    change(viewerId, viewer)
  end

  -- Several processes may clean up after the same one: each takes another batch.
  local function reap(processId)
    local leaseEnd = redis.call('ZSCORE', PROCESSES, processId)
    if not leaseEnd or tonumber(leaseEnd) > serverNow then return end
    local lastSeen = tonumber(redis.call('HGET', RENEWED, processId)) or step.now
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
    disconnect(each.connectionId, each.viewerId, each.endedAt)
  end
  if step.deadProcessId ~= cjson.null then reap(step.deadProcessId) end
  for viewerId in pairs(changed) do writeViewer(viewerId, viewers[viewerId]) end

  local due = redis.call('ZRANGEBYSCORE', LEAVING, '-inf', step.now, 'LIMIT', 0, BATCH)
  for _, viewerId in ipairs(due) do
    local viewer = readViewer(viewerId)
    redis.call('ZREM', LEAVING, viewerId)
    redis.call('ZREM', SINCE, viewerId)
    redis.call('HDEL', VIEWERS, viewerId)
    report('offline', viewerId, step.now, viewer and viewer.lastSeen or step.now)
  end

  local connections = redis.call('SCARD', OWN)
  if step.isLeaving then
    redis.call('ZREM', PROCESSES, step.processId)
    redis.call('HDEL', RENEWED, step.processId)
    redis.call('HDEL', TOTALS, step.processId)
  else
    redis.call('ZADD', PROCESSES, serverNow + step.leaseMs, step.processId)
    redis.call('HSET', RENEWED, step.processId, step.now)
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
`);

/** Takes one step; rejects as commands of the client do. */
export async function takePresenceStep(
  client: RedisClient,
  keys: readonly string[],
  step: PresenceStep,
): Promise<PresenceAnswer> {
  const reply = await runStep(client, keys, [JSON.stringify(step)]);
  const [epoch, isDone, connections, hasMore, deadProcessId, nextLeaseEndMs, reports, members] = reply as [
    string,
    number,
    number,
    number,
    string,
    number,
    string[],
    string[],
  ];
  return {
    epoch,
    isDone: isDone === 1,
    connections,
    hasMore: hasMore === 1,
    deadProcessId: deadProcessId || null,
    nextLeaseEndMs: nextLeaseEndMs < 0 ? null : nextLeaseEndMs,
    reports: reports.map(parseReport),
    members: members.map(parseMember),
  };
}

/** The script writes them as `number [kind, viewer, at, last seen]`. */
function parseReport(text: string): PresenceReport {
  const space = text.indexOf(' ');
  const [kind, viewerId, at, lastSeen] = JSON.parse(text.slice(space)) as [
    PresenceReport['kind'],
    string,
    number,
    number,
  ];
  return { number: Number(text.slice(0, space)), kind, viewerId, at, lastSeen };
}

function parseMember(json: string): PresenceMember {
  const [connectionId, viewerId] = JSON.parse(json) as [string, string];
  return { connectionId, viewerId };
}
