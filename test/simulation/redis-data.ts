/** The data of a simulated Redis, and those of its commands that the scripts of event log and slots use. */
import { ScriptError, type LuaScripts, type Reply } from './lua/scripts.ts';

/** An entry of a stream: the first number of its id, and its fields and values in turn. */
interface StreamItem {
  readonly id: number;
  readonly fields: readonly string[];
}
type Value =
  | { readonly hash: Map<string, string> }
  | { readonly stream: StreamItem[] }
  /** Scores, by member. */
  | { readonly sorted: Map<string, number> }
  | { readonly text: string }
  | { count: number };
interface Stored {
  readonly value: Value;
  expiresAt: number;
}

function copyOf({ value, expiresAt }: Stored): Stored {
  if ('hash' in value) return { value: { hash: new Map(value.hash) }, expiresAt };
  if ('stream' in value) return { value: { stream: [...value.stream] }, expiresAt };
  if ('sorted' in value) return { value: { sorted: new Map(value.sorted) }, expiresAt };
  return { value: { ...value }, expiresAt };
}

export interface RedisDataOptions {
  readonly lua: LuaScripts;
  /** Milliseconds. */
  readonly now: () => number;
  readonly publish: (channel: string, message: string) => number;
  /** How many connections have subscribed to the channel. */
  readonly subscribers: (channel: string) => number;
}

export class RedisData {
  readonly #options: RedisDataOptions;
  #starts = 0;
  readonly #stored = new Map<string, Stored>();

  constructor(options: RedisDataOptions) {
    this.#options = options;
  }

  /** Runs a script whole. @throws ScriptError */
  run(text: string, keys: readonly string[], args: readonly string[]): Reply {
    return this.#options.lua.run(text, keys, args, (name, given) => this.#execute(name, given));
  }

  empty(): void {
    this.#stored.clear();
  }

  /** Takes a copy of all there is. Returns what brings that back. */
  copy(): () => void {
    const copied = [...this.#stored];
    for (const pair of copied) pair[1] = copyOf(pair[1]);
    return () => {
      this.empty();
      for (const [key, stored] of copied) this.#stored.set(key, copyOf(stored));
    };
  }

  /** What has it from now on is another server. */
  restart(): void {
    this.#starts += 1;
  }

  #execute(name: string, args: readonly string[]): Reply {
    const command = this.#commands.get(name);
    if (!command) throw new ScriptError(`The simulation does not know the command ${name}.`);
    return command(args[0]!, args);
  }

  /** By name. The first argument, which is a key mostly, stands before all of them. */
  readonly #commands: ReadonlyMap<string, (key: string, args: readonly string[]) => Reply> = new Map(
    Object.entries<(key: string, args: readonly string[]) => Reply>({
      TIME: () => {
        const now = this.#options.now();
        return [String(Math.floor(now / 1_000)), String(Math.round((now % 1_000) * 1_000))];
      },
      INFO: () => `run_id:${this.#starts}\r\nmaster_replid:${this.#starts}\r\n`,
      GET: (key) => {
        const value = this.#find(key)?.value;
        if (value && !('text' in value)) throw new ScriptError('WRONGTYPE');
        return value?.text;
      },
      SET: (key, [, text = '', ...options]) => {
        if (options.includes('NX') && this.#find(key)) return undefined;
        const ms = Number(options[options.indexOf('PX') + 1]);
        this.#stored.set(key, { value: { text }, expiresAt: this.#options.now() + ms });
        return 'OK';
      },
      HGET: (key, args) => this.#hash(key)?.get(args[1]!),
      HMGET: (key, args) => {
        const hash = this.#hash(key);
        const values: Reply[] = [];
        for (let at = 1; at < args.length; at += 1) values.push(hash?.get(args[at]!));
        return values;
      },
      HSET: (key, args) => {
        const hash = this.#hashOrNew(key);
        for (let at = 1; at < args.length; at += 2) hash.set(args[at]!, args[at + 1]!);
        return (args.length - 1) / 2;
      },
      HDEL: (key, args) => {
        const hash = this.#hash(key);
        let removed = 0;
        for (let at = 1; at < args.length; at += 1) if (hash?.delete(args[at]!)) removed += 1;
        if (hash?.size === 0) this.#stored.delete(key);
        return removed;
      },
      DEL: (_key, keys) => keys.filter((key) => this.#stored.delete(key)).length,
      PEXPIRE: (key, args) => {
        const stored = this.#find(key);
        if (stored) stored.expiresAt = this.#options.now() + Number(args[1]);
        return stored ? 1 : 0;
      },
      PTTL: (key) => {
        const stored = this.#find(key);
        if (!stored) return -2;
        return stored.expiresAt === Infinity ? -1 : stored.expiresAt - this.#options.now();
      },
      XADD: (key, [, id = '', ...fields]) => {
        const items = this.#streamOrNew(key);
        const number = parseInt(id, 10);
        if (items.length > 0 && items.at(-1)!.id >= number)
          throw new ScriptError(
            'ERR The ID specified in XADD is equal or smaller than the target stream top item',
          );
        items.push({ id: number, fields });
        return id;
      },
      XDEL: (key, args) => {
        const items = this.#stream(key);
        const at = items.findIndex((item) => `${item.id}-0` === args[1]);
        if (at >= 0) items.splice(at, 1);
        return at >= 0 ? 1 : 0;
      },
      XRANGE: (key, args) => {
        const [from, to] = [args[1], args[2]];
        const [low, high] = [from === '-' ? 0 : Number(from), to === '+' ? Infinity : Number(to)];
        const count = Number(args[4] ?? Infinity);
        const found: Reply[] = [];
        for (const { id, fields } of this.#stream(key)) {
          if (found.length === count) break;
          if (id >= low && id <= high) found.push([`${id}-0`, fields]);
        }
        return found;
      },
      INCRBY: (key, args) => {
        const known = this.#find(key)?.value;
        if (known && !('count' in known)) throw new ScriptError('WRONGTYPE');
        const counter = known ?? { count: 0 };
        counter.count += Number(args[1]);
        if (!known) this.#stored.set(key, { value: counter, expiresAt: Infinity });
        return counter.count;
      },
      ZADD: (key, [, score, member = '']) => {
        const sorted = this.#sorted(key);
        const isNew = !sorted.has(member);
        if (!this.#find(key)) this.#stored.set(key, { value: { sorted }, expiresAt: Infinity });
        sorted.set(member, Number(score));
        return isNew ? 1 : 0;
      },
      ZREM: (key, args) => {
        const sorted = this.#sorted(key);
        const wasThere = sorted.delete(args[1]!);
        if (sorted.size === 0) this.#stored.delete(key);
        return wasThere ? 1 : 0;
      },
      ZSCORE: (key, args) => this.#sorted(key).get(args[1]!)?.toString(),
      ZREMRANGEBYSCORE: (key, args) => {
        const sorted = this.#sorted(key);
        for (const [member, score] of sorted) if (score <= Number(args[2])) sorted.delete(member);
        return null;
      },
      ZRANGE: (key, [, first, last, withScores]) =>
        [...this.#sorted(key)]
          .sort(([one, low], [other, high]) => low - high || (one < other ? -1 : 1))
          .slice(Number(first), Number(last) < 0 ? undefined : Number(last) + 1)
          .flatMap(([member, score]) => (withScores ? [member, String(score)] : member)),
      PUBLISH: (channel, args) => this.#options.publish(channel, args[1]!),
      PUBSUB: (_kind, [, channel = '']) => [channel, this.#options.subscribers(channel)],
    }),
  );

  #find(key: string): Stored | undefined {
    const stored = this.#stored.get(key);
    if (stored && stored.expiresAt <= this.#options.now()) {
      this.#stored.delete(key);
      return undefined;
    }
    return stored;
  }

  #hash(key: string): Map<string, string> | undefined {
    const value = this.#find(key)?.value;
    if (value && !('hash' in value)) throw new ScriptError('WRONGTYPE');
    return value?.hash;
  }

  #stream(key: string): StreamItem[] {
    const value = this.#find(key)?.value;
    if (value && !('stream' in value)) throw new ScriptError('WRONGTYPE');
    return value?.stream ?? [];
  }

  #sorted(key: string): Map<string, number> {
    const value = this.#find(key)?.value;
    if (value && !('sorted' in value)) throw new ScriptError('WRONGTYPE');
    return value?.sorted ?? new Map<string, number>();
  }

  #hashOrNew(key: string): Map<string, string> {
    const known = this.#hash(key);
    if (known) return known;
    const hash = new Map<string, string>();
    this.#stored.set(key, { value: { hash }, expiresAt: Infinity });
    return hash;
  }

  #streamOrNew(key: string): StreamItem[] {
    if (!this.#find(key)) this.#stored.set(key, { value: { stream: [] }, expiresAt: Infinity });
    return this.#stream(key);
  }
}
