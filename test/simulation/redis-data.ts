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

  #execute(name: string, args: readonly string[]): Reply {
    const command = this.#commands[name.toUpperCase()];
    if (!command) throw new ScriptError(`The simulation does not know the command ${name}.`);
    return command(args);
  }

  readonly #commands: Readonly<Record<string, (args: readonly string[]) => Reply>> = {
    TIME: () => {
      const now = this.#options.now();
      return [String(Math.floor(now / 1_000)), String(Math.round((now % 1_000) * 1_000))];
    },
    GET: ([key = '']) => {
      const value = this.#find(key)?.value;
      if (value && !('text' in value)) throw new ScriptError('WRONGTYPE');
      return value?.text;
    },
    SET: ([key = '', text = '', ...options]) => {
      if (options.includes('NX') && this.#find(key)) return undefined;
      const ms = Number(options[options.indexOf('PX') + 1]);
      this.#stored.set(key, { value: { text }, expiresAt: this.#options.now() + ms });
      return 'OK';
    },
    HGET: ([key = '', field = '']) => this.#hash(key)?.get(field),
    HMGET: ([key = '', ...fields]) => fields.map((field) => this.#hash(key)?.get(field)),
    HSET: ([key = '', ...pairs]) => {
      const hash = this.#hashOrNew(key);
      for (let at = 0; at < pairs.length; at += 2) hash.set(pairs[at]!, pairs[at + 1]!);
      return pairs.length / 2;
    },
    HDEL: ([key = '', ...fields]) => {
      const hash = this.#hash(key);
      const removed = fields.filter((field) => hash?.delete(field)).length;
      if (hash?.size === 0) this.#stored.delete(key);
      return removed;
    },
    DEL: (keys) => keys.filter((key) => this.#stored.delete(key)).length,
    PEXPIRE: ([key = '', ms]) => {
      const stored = this.#find(key);
      if (stored) stored.expiresAt = this.#options.now() + Number(ms);
      return stored ? 1 : 0;
    },
    PTTL: ([key = '']) => {
      const stored = this.#find(key);
      if (!stored) return -2;
      return stored.expiresAt === Infinity ? -1 : stored.expiresAt - this.#options.now();
    },
    XADD: ([key = '', id = '', ...fields]) => {
      const items = this.#streamOrNew(key);
      const number = Number(id.split('-')[0]);
      if (items.length > 0 && items.at(-1)!.id >= number)
        throw new ScriptError(
          'ERR The ID specified in XADD is equal or smaller than the target stream top item',
        );
      items.push({ id: number, fields });
      return id;
    },
    XDEL: ([key = '', id = '']) => {
      const items = this.#stream(key);
      const at = items.findIndex((item) => `${item.id}-0` === id);
      if (at >= 0) items.splice(at, 1);
      return at >= 0 ? 1 : 0;
    },
    XRANGE: ([key = '', from = '', to = '', , count]) => {
      const [low, high] = [from === '-' ? 0 : Number(from), to === '+' ? Infinity : Number(to)];
      const found = this.#stream(key).filter(({ id }) => id >= low && id <= high);
      return found.slice(0, Number(count ?? Infinity)).map(({ id, fields }) => [`${id}-0`, fields]);
    },
    INCRBY: ([key = '', by]) => {
      const known = this.#find(key)?.value;
      if (known && !('count' in known)) throw new ScriptError('WRONGTYPE');
      const counter = known ?? { count: 0 };
      counter.count += Number(by);
      if (!known) this.#stored.set(key, { value: counter, expiresAt: Infinity });
      return counter.count;
    },
    ZADD: ([key = '', score, member = '']) => {
      const sorted = this.#sorted(key);
      const isNew = !sorted.has(member);
      if (!this.#find(key)) this.#stored.set(key, { value: { sorted }, expiresAt: Infinity });
      sorted.set(member, Number(score));
      return isNew ? 1 : 0;
    },
    ZREM: ([key = '', member = '']) => {
      const sorted = this.#sorted(key);
      const wasThere = sorted.delete(member);
      if (sorted.size === 0) this.#stored.delete(key);
      return wasThere ? 1 : 0;
    },
    ZSCORE: ([key = '', member = '']) => this.#sorted(key).get(member)?.toString(),
    ZREMRANGEBYSCORE: ([key = '', , to]) => {
      const sorted = this.#sorted(key);
      for (const [member, score] of sorted) if (score <= Number(to)) sorted.delete(member);
      return null;
    },
    ZRANGE: ([key = '', first, last, withScores]) =>
      [...this.#sorted(key)]
        .sort(([one, low], [other, high]) => low - high || (one < other ? -1 : 1))
        .slice(Number(first), Number(last) < 0 ? undefined : Number(last) + 1)
        .flatMap(([member, score]) => (withScores ? [member, String(score)] : member)),
    PUBLISH: ([channel = '', message = '']) => this.#options.publish(channel, message),
    PUBSUB: ([, channel = '']) => [channel, this.#options.subscribers(channel)],
  };

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
