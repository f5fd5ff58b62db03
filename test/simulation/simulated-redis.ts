/** A simulated Redis and the connections of processes to it, as far as the event log, the slots and the peers use them. */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { RedisClient } from '../../src/stores/redis-client.ts';
import type { RedisConnections } from '../../src/stores/redis-connections.ts';
import { Link } from './link.ts';
import { ScriptError, type LuaScripts, type Reply } from './lua/scripts.ts';
import { RedisData } from './redis-data.ts';
import { createHost, type Host, type Scheduler } from './scheduler.ts';

/** As in RedisConnections. */
const commandTimeoutMs = 2_000;
/** By the text of a script: its name, as clients and servers know it. There are few. */
const names = new Map<string, string>();

function nameOf(script: string): string {
  const known = names.get(script);
  if (known !== undefined) return known;
  const name = createHash('sha1').update(script).digest('hex');
  names.set(script, name);
  return name;
}

export class SimulatedRedis {
  readonly host = createHost('redis');
  readonly data: RedisData;
  readonly #scheduler: Scheduler;
  readonly #scripts = new Map<string, string>();
  readonly #links = new Map<Link, Host>();
  readonly #subscribers = new Map<SimulatedSubscriber, Host>();

  constructor(scheduler: Scheduler, lua: LuaScripts) {
    this.#scheduler = scheduler;
    this.data = new RedisData({
      lua,
      now: () => scheduler.now,
      publish: (channel, message) => this.#publish(channel, message),
      subscribers: (channel) => [...this.#subscribers.keys()].filter((each) => each.has(channel)).length,
    });
  }

  /** A client without a network between: for what happens before anybody is served. */
  readonly atOnce = {
    evalsha: () => Promise.reject(new ScriptError('NOSCRIPT No matching script.')),
    eval: async (text: string, count: number, ...rest: readonly unknown[]) => this.#run(text, count, rest),
  } as unknown as RedisClient;

  /** What the stores of a process are given. */
  connect(process: Host): RedisConnections {
    const shared = { scheduler: this.#scheduler, client: process, server: this.host };
    const commands = new Link({ ...shared, retries: 1, timeoutMs: commandTimeoutMs });
    const subscribing = new Link({ ...shared, retries: Infinity });
    const subscriber = new SimulatedSubscriber(subscribing);
    this.#links.set(commands, process).set(subscribing, process);
    this.#subscribers.set(subscriber, process);
    const evalsha = (hash: string, count: number, ...rest: readonly unknown[]) =>
      commands.ask(() => {
        const text = this.#scripts.get(hash);
        if (text === undefined) throw new ScriptError('NOSCRIPT No matching script.');
        return this.#run(text, count, rest);
      });
    const evaluate = (text: string, count: number, ...rest: readonly unknown[]) =>
      commands.ask(() => {
        this.#scripts.set(nameOf(text), text);
        return this.#run(text, count, rest);
      });
    const ifUp =
      (use: typeof evalsha) =>
      (text: string, count: number, ...rest: readonly unknown[]) =>
        commands.isUp ? use(text, count, ...rest) : Promise.reject(new Error('Connection is closed.'));
    // Only what the stores use; the types of ioredis have hundreds of commands.
    return {
      isCluster: false,
      key: (name: string) => `sim:${name}`,
      subscriber,
      onReconnect: (listener: () => void) => commands.onUp(listener),
      commands: new SimulatedCommands(commands, {
        publish: (channel: string, message: string) => commands.ask(() => this.#publish(channel, message)),
        evalsha,
        eval: evaluate,
      }),
      failFast: { evalsha: ifUp(evalsha), eval: ifUp(evaluate) },
    } as unknown as RedisConnections;
  }

  /** One connection of some process is lost. */
  cutOne(): void {
    const up = [...this.#links.keys()].filter((link) => link.isUp);
    up[Math.floor(this.#scheduler.random() * up.length)]?.cut();
  }

  /** What this process has is lost. */
  cut(process: Host): void {
    for (const [link, host] of this.#links) if (host === process) link.cut();
  }

  /** It has ended and begins again, with what `data` holds then. */
  restart(): void {
    this.#scripts.clear();
    this.data.restart();
    for (const link of this.#links.keys()) link.cut();
  }

  /** Of a process that has died. */
  disconnect(process: Host): void {
    for (const [link, host] of this.#links) if (host === process) this.#links.delete(link);
    for (const [subscriber, host] of this.#subscribers)
      if (host === process) this.#subscribers.delete(subscriber);
  }

  /** Of keys, of which there are so many, and arguments. */
  #run(script: string, keys: number, given: readonly unknown[]): Reply {
    const texts = (from: number, to: number) => {
      const list: string[] = [];
      for (let at = from; at < to; at += 1) list.push(String(given[at]));
      return list;
    };
    return this.data.run(script, texts(0, keys), texts(keys, given.length));
  }

  #publish(channel: string, message: string): number {
    this.#scheduler.note(() => `redis sends on ${channel}: ${message}`);
    let count = 0;
    for (const subscriber of this.#subscribers.keys()) {
      if (!subscriber.has(channel)) continue;
      count += 1;
      subscriber.push(channel, message);
    }
    return count;
  }
}

/**
 * The connection that carries commands. An object whose getter is its own would be one of a kind for V8, which keeps such kinds, and all
 * that their getters can reach, until it looks for garbage everywhere: all worlds that have ended.
 */
class SimulatedCommands implements Pick<RedisClient, 'status'> {
  readonly publish: unknown;
  readonly evalsha: unknown;
  readonly eval: unknown;
  readonly #link: Link;

  constructor(link: Link, { publish, evalsha, eval: evaluate }: Readonly<Record<string, unknown>>) {
    this.#link = link;
    this.publish = publish;
    this.evalsha = evalsha;
    this.eval = evaluate;
  }

  get status(): 'ready' | 'reconnecting' {
    return this.#link.isUp ? 'ready' : 'reconnecting';
  }
}

/** The connection that holds subscriptions. As with ioredis, they are made again by themselves when it is back. */
class SimulatedSubscriber extends EventEmitter {
  readonly #link: Link;
  /** What the server knows. */
  readonly #subscribed = new Set<string>();
  /** What this side has asked for. */
  readonly #wanted = new Set<string>();

  constructor(link: Link) {
    super();
    this.#link = link;
    link.onDown(() => this.#subscribed.clear());
    link.onUp(() => {
      if (this.#wanted.size > 0) this.subscribe(...this.#wanted).catch(() => undefined);
      this.emit('ready');
    });
  }

  get status(): string {
    return this.#link.isUp ? 'ready' : 'reconnecting';
  }

  has(channel: string): boolean {
    return this.#subscribed.has(channel);
  }

  push(channel: string, message: string): void {
    this.#link.replies.send(() => void this.emit('message', channel, message));
  }

  subscribe(...channels: string[]): Promise<unknown> {
    return this.#link.ask(() => {
      for (const channel of channels) {
        this.#subscribed.add(channel);
        this.#wanted.add(channel);
      }
      return channels.length;
    });
  }

  unsubscribe(...channels: string[]): Promise<unknown> {
    return this.#link.ask(() => {
      for (const channel of channels) {
        this.#subscribed.delete(channel);
        this.#wanted.delete(channel);
      }
      return 0;
    });
  }
}
