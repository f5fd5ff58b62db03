/** The calls by which slots are taken in Redis and written, and where their keys lie. */
import type { RedisClient } from '../redis-client.ts';
import type { RedisConnections } from '../redis-connections.ts';
import { declaration, deletion, script, type SlotAnswer, type SlotStep } from './script.ts';
import {
  heldFor,
  maxTakeovers,
  takeoverWindowMs,
  type SlotBounds,
  type SlotKey,
  type SlotMove,
  type SlotTake,
  type SlotWritten,
} from './slots.ts';

/** For so long it is known when a process was last heard, milliseconds. */
const heardMs = 30 * 24 * 60 * 60_000;

/** In how many places of a cluster slots may lie: those of one viewer lie together, and one call may have those of many. */
const placeCount = 64;

/** Where the slots of a viewer lie: the same for all keys of one call on a cluster. */
export function placeOf({ viewer }: Pick<SlotKey, 'viewer'>): number {
  let sum = 0;
  for (let at = 0; at < viewer.length; at += 1) sum = (sum * 31 + viewer.charCodeAt(at)) % 65_521;
  return sum % placeCount;
}

/** Of the place with this number, or of a viewer there. */
const keyAt = (redis: RedisConnections, place: number, what: string): string =>
  redis.key(`slots:{${place}}:${what}`);

const slotsKey = (redis: RedisConnections, viewer: SlotKey['viewer']): string =>
  keyAt(redis, placeOf({ viewer }), viewer);

/** What is known of a place: only a cluster can lose one without the others. */
const lifeAt = (redis: RedisConnections, place: number) => {
  const at = redis.isCluster ? place : 0;
  return [keyAt(redis, at, 'heard'), keyAt(redis, at, 'lost')] as const;
};

const lives = (redis: RedisConnections) =>
  Array.from({ length: redis.isCluster ? placeCount : 1 }, (_, place) => lifeAt(redis, place));

/** Makes the function that says of every place that nothing was kept there before. */
export function createSlotDeclaration(redis: RedisConnections) {
  return async (client: RedisClient): Promise<void> => {
    await Promise.all(lives(redis).map((keys) => declaration(client, keys, [heardMs])));
  };
}

/** Makes the function by which a process says at every place that it is there. */
export function createSlotHearing(redis: RedisConnections, bounds: SlotBounds) {
  const args = [heldFor(bounds), bounds.windowMs, heardMs];
  return async (client: RedisClient, _asked: null, call: number): Promise<void> => {
    await Promise.all(lives(redis).map((keys) => script(client, keys, ['hear', call, ...args])));
  };
}

/** Makes the function that deletes all slots of a viewer. */
export function createSlotDeletion(redis: RedisConnections) {
  return async (client: RedisClient, viewer: SlotKey['viewer']): Promise<void> => {
    await deletion(client, [slotsKey(redis, viewer)], []);
  };
}

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

const fromText = (from: SlotTake['from']): string => {
  if (typeof from === 'object') return from.generation;
  return from === 'anybody' ? '*' : '';
};

/** Makes the function that takes steps, in order: on a cluster, of one place. */
export function createSlotScript(redis: RedisConnections, process: string, bounds: SlotBounds) {
  const { windowMs, maxPerViewer } = bounds;
  const common = [heldFor(bounds), windowMs, heardMs, process, maxPerViewer, maxTakeovers, takeoverWindowMs];
  return async (
    client: RedisClient,
    steps: readonly SlotStep[],
    call: number,
  ): Promise<readonly SlotAnswer[]> => {
    let lines = '';
    for (const { key, act, generation, position, from } of steps)
      lines += `${slotsKey(redis, key.viewer)}\n${key.operation}\n${act}\n${generation}\n${position ?? ''}\n${fromText(from)}\n`;
    const life = lifeAt(redis, placeOf(steps[0]!.key));
    return (await script(client, life, ['step', call, ...common, lines])) as readonly SlotAnswer[];
  };
}
