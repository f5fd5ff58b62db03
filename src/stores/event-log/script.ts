/** Calls the Lua scripts of the event log, and reads their answers. */
import { randomBytes } from 'node:crypto';
import { StaleTurn } from '../../lib/failures/stale-turn.ts';
import { loggedEvent } from './envelope.ts';
import type {
  AppendedEvent,
  EventLogBounds,
  LoggedEvent,
  NewEvent,
  Position,
  Standing,
} from './event-log.ts';
import { lifeLua } from './life.ts';
import { appendLua, forgetLua, missingLua, readLua, staleTurn, standingLua, unknownPasses } from './lua.ts';
import { createScript, reach, type RedisConnections } from '../redis-connections.ts';

/** The last position of a topic's log that a caller has seen. */
export interface Known extends Position {
  /** The id of the event at `offset`, where it is known. */
  readonly id?: string | undefined;
}

export interface LogPage {
  readonly position: Position;
  /** When the log began, milliseconds since the Unix epoch. */
  readonly began: number;
  /** Null when the log does not reach back to what was asked for. */
  readonly events: readonly LoggedEvent[] | null;
}

export interface ReadOptions {
  readonly after: Known | undefined;
  /** 0 asks for the position alone. */
  readonly limit: number;
  /** Whether `after` comes from the log itself. A log whose head is before it has then been rolled back, and begins a new epoch. */
  readonly isTrusted: boolean;
  /** Whether somebody may come back with the position, though there was no event yet. */
  readonly isKept?: boolean;
}

export interface AppendOptions {
  /** The highest position that this process has seen of the log. */
  readonly known: Position | undefined;
  readonly turn: number | null;
  /** See `LogScripts.life`. */
  readonly life: string;
}

export interface LogScriptsOptions {
  readonly bounds: EventLogBounds;
  /** How long a log without events is kept when nobody follows the topic, milliseconds. */
  readonly emptyAgeMs: number;
  /** How long one is kept that nobody seems to follow any more. */
  readonly forgetAfterMs: number;
}

const runRead = createScript(readLua);
const runStanding = createScript(standingLua);
const runLife = createScript(lifeLua);
const runMissing = createScript(missingLua);
const ofSingleNode = {
  runAppend: createScript(appendLua('PUBLISH')),
  runForget: createScript(forgetLua('NUMSUB')),
};
/** In a cluster, PUBLISH sends every event to every node, and SPUBLISH only to the node that holds the topic. */
const ofCluster = {
  runAppend: createScript(appendLua('SPUBLISH')),
  runForget: createScript(forgetLua('SHARDNUMSUB')),
};

/** The logs of all topics in one Redis. Each operation is one script call. */
export function createLogScripts(
  redis: RedisConnections,
  { bounds, emptyAgeMs, forgetAfterMs }: LogScriptsOptions,
) {
  const { maxEvents, maxAgeMs } = bounds;
  const { runAppend, runForget } = redis.isCluster ? ofCluster : ofSingleNode;
  const run = (
    script: typeof runRead,
    topic: string,
    args: readonly (string | number)[],
    more: string[] = [],
  ) => reach('The event log', () => script(redis.commands, [...keysOf(topic), ...more], args));
  const keysOf = (topic: string) => {
    const base = channelOf(redis, topic);
    return [`${base}:meta`, `${base}:stream`, `${base}:ids`, base, `${base}:passed`];
  };
  // Every call brings the id of an epoch, and hardly any begins one: to count up costs less than new random bytes.
  const origin = randomBytes(9).toString('base64url');
  let calls = 0;
  const openArgs = (known: Position | undefined) => [
    origin + (calls++).toString(36),
    maxAgeMs,
    known?.epoch ?? '',
    known?.offset ?? 0,
    redis.serverTime ?? '',
  ];

  const lifeKey = redis.key('log:life');

  return {
    /**
     * Names what Redis has now: whatever comes after a loss of everything has another name. Empty in a cluster, where a call has the
     * keys of one slot.
     */
    async life(): Promise<string> {
      if (redis.isCluster) return '';
      const name = randomBytes(9).toString('base64url');
      return String(await reach('The event log', () => runLife(redis.commands, [lifeKey], [name])));
    },

    /** Appends in order, in a turn or outside of any. */
    async append(topic: string, events: readonly NewEvent[], { known, turn, life }: AppendOptions) {
      const args = [...openArgs(known), maxEvents, turn ?? '', life];
      for (const { id, at, data, passes } of events)
        args.push(id, JSON.stringify({ id, at, data }), passes?.join(' ') ?? unknownPasses);
      const reply = await run(runAppend, topic, args, life === '' ? [] : [lifeKey]).catch(
        (error: unknown) => {
          const isStale = error instanceof Error && error.message.startsWith(staleTurn);
          throw isStale && turn !== null ? new StaleTurn(turn, error) : error;
        },
      );
      const [epoch, ...offsets] = reply as [string, ...number[]];
      return offsets.map((offset): Position => ({ epoch, offset }));
    },

    async read(topic: string, { after, limit, isTrusted, isKept }: ReadOptions): Promise<LogPage> {
      const trusted = isTrusted ? 1 : 0;
      const args = [...openArgs(after), limit, trusted, after?.id ?? '', emptyAgeMs, isKept ? 1 : 0];
      const reply = await run(runRead, topic, args);
      const [epoch, offset, began, isFound, ...texts] = reply as [
        string,
        number,
        string,
        number,
        ...string[],
      ];
      const events = isFound ? eventsOf(texts, (after?.offset ?? 0) + 1) : null;
      return { position: { epoch, offset }, began: Number(began), events };
    },

    async standing(topic: string, value = ''): Promise<Standing> {
      const reply = await run(runStanding, topic, [...openArgs(undefined), emptyAgeMs, value]);
      const [epoch, offset, began, passed] = reply as [string, number, string, string | number];
      return {
        position: { epoch, offset },
        began: Number(began),
        passed: passed === '' ? undefined : Number(passed),
      };
    },

    /** `appended`: to one log of one topic. */
    async findMissing(appended: readonly AppendedEvent[]): Promise<readonly AppendedEvent[]> {
      const { topic, position: known } = appended[0]!;
      const args: (string | number)[] = openArgs(known);
      for (const { id, at, position } of appended) args.push(position.offset, id, at);
      const missing = (await run(runMissing, topic, args)) as readonly number[];
      return missing.map((index) => appended[index]!);
    },

    /** Has the topic's log forgotten if it has no events, nobody follows it, and nobody may come back with its position. */
    async forget(topic: string): Promise<void> {
      const channel = channelOf(redis, topic);
      const keys = [`${channel}:meta`, channel];
      await reach('The event log', () => runForget(redis.commands, keys, [forgetAfterMs]));
    },
  };
}

export type LogScripts = ReturnType<typeof createLogScripts>;

/** The channel of a topic. What stands between the braces decides on the slot. */
export function channelOf(redis: RedisConnections, topic: string): string {
  // A brace in the name of the topic would end the hash tag early.
  return redis.key(`log:{${topic.replace(/[%{}]/g, encodeURIComponent)}}`);
}

/** Of each event two texts: its JSON, and that of the events before it or ''. */
function eventsOf(texts: readonly string[], first: number): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let at = 0; at < texts.length; at += 2) {
    const { id, at: happenedAt, data } = JSON.parse(texts[at]!) as NewEvent;
    const before = texts[at + 1] ? (JSON.parse(texts[at + 1]!) as LoggedEvent['before']) : undefined;
    events.push(loggedEvent({ id, at: happenedAt, data }, first + at / 2, before));
  }
  return events;
}
