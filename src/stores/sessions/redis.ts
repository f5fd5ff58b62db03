/** The sessions of all processes: each is a hash in Redis, which expires by itself. */
import { createScript, reach, type RedisConnections } from '../redis-connections.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SessionsRedisOptions {
  readonly redis: RedisConnections;
  /** How long a session lives after it was last written, milliseconds. */
  readonly ttlMs: number;
}

/** KEYS: the session. ARGV: TTL, then fields and values. Returns the session that now exists. */
const createSession = createScript(`
  if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return redis.call('HGETALL', KEYS[1])
`);

/** KEYS: the session. ARGV: TTL, then fields and values, perhaps none. Returns the session before and after; nil without one. */
const updateSession = createScript(`
  local before = redis.call('HGETALL', KEYS[1])
  if #before == 0 then return nil end
  if #ARGV > 1 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return {before, redis.call('HGETALL', KEYS[1])}
`);

export class SessionsRedis implements Sessions {
  readonly #redis: RedisConnections;
  readonly #ttlMs: number;

  constructor({ redis, ttlMs }: SessionsRedisOptions) {
    this.#redis = redis;
    this.#ttlMs = ttlMs;
  }

  async create(session: Session): Promise<Session> {
    const { viewerId, ...fields } = session;
    const reply = await this.#run(createSession, viewerId, fields);
    return parseSession(viewerId, reply);
  }

  async get(viewerId: string): Promise<Session | null> {
    const hash = await this.#reach(() => this.#redis.commands.hgetall(this.#keyOf(viewerId)));
    return Object.keys(hash).length > 0 ? parseFields(viewerId, hash) : null;
  }

  async getMany(viewerIds: readonly string[]): Promise<ReadonlyMap<string, Session>> {
    const sessions = await Promise.all(viewerIds.map((viewerId) => this.get(viewerId)));
    return new Map(sessions.flatMap((session) => (session ? [[session.viewerId, session]] : [])));
  }

  async update(viewerId: string, changes: Partial<Omit<Session, 'viewerId'>>) {
    const reply = await this.#run(updateSession, viewerId, changes);
    if (reply === null) return null;
    const [before, after] = reply as [unknown, unknown];
    return { before: parseSession(viewerId, before), after: parseSession(viewerId, after) };
  }

  async delete(viewerId: string): Promise<void> {
    await this.#reach(() => this.#redis.commands.del(this.#keyOf(viewerId)));
  }

  /** Does nothing: sessions outlive the process, and whoever made the connections closes them. */
  async close(): Promise<void> {}

  #keyOf(viewerId: string): string {
    return this.#redis.key(`session:${viewerId}`);
  }

  #reach<T>(use: () => Promise<T>): Promise<T> {
    return reach('The store of sessions', use);
  }

  #run(script: ReturnType<typeof createScript>, viewerId: string, fields: Record<string, string | number>) {
    const args = Object.entries(fields).flat();
    return this.#reach(() => script(this.#redis.commands, [this.#keyOf(viewerId)], [this.#ttlMs, ...args]));
  }
}

/** Reads the flat list of fields and values that a script returns. */
function parseSession(viewerId: string, reply: unknown): Session {
  const list = reply as string[];
  const fields: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) fields[list[i] ?? ''] = list[i + 1] ?? '';
  return parseFields(viewerId, fields);
}

function parseFields(viewerId: string, { status, lastSeen }: Record<string, string>): Session {
  if (status === undefined || lastSeen === undefined)
    throw new Error(`The session of ${viewerId} is incomplete.`);
  return { viewerId, status, lastSeen: Number(lastSeen) };
}
