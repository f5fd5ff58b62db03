/** What happens in an evening, for subjects to be told of it: changes of dispatches, and positions of their ambulances. */
import { Redis } from 'ioredis';
import type { DispatchEvent } from '../src/modules/dispatch/events.ts';
import type { LocationEvent } from '../src/modules/location/events.ts';
import {
  boardChannel,
  boardOperationName,
  operationName,
  selectedChange,
  selectedData,
  topicOf,
} from './dispatch-event.ts';
import { positionOperationName, positionsOf, selectedPosition } from './position-event.ts';

/** Each resolves when Redis has it. A change goes to who watches its dispatch, and to all boards. */
export interface EveningPublisher {
  change(event: DispatchEvent): Promise<unknown>;
  position(event: LocationEvent): Promise<unknown>;
}

/** With PUBLISH, each event to its channels, in the form of a source's `textOf`. */
function publishEvening(
  redisUrl: string,
  textOf: {
    change(event: DispatchEvent): string;
    board(event: DispatchEvent): string;
    position(event: LocationEvent): string;
  },
): EveningPublisher {
  const redis = new Redis(redisUrl);
  return {
    change: (event) =>
      Promise.all([
        redis.publish(topicOf(event.dispatch.id), textOf.change(event)),
        redis.publish(boardChannel, textOf.board(event)),
      ]),
    position: (event) => redis.publish(positionsOf(event.despachoId), textOf.position(event)),
  };
}

/** For servers that execute operations on events: the events as JSON. */
export const publishEvents = (redisUrl: string): EveningPublisher =>
  publishEvening(redisUrl, {
    change: (event) => JSON.stringify({ dispatchUpdated: event }),
    board: (event) => JSON.stringify({ dispatchesUpdated: event }),
    position: (event) => JSON.stringify({ locationUpdated: event }),
  });

/** For servers that pass on bytes: the payloads of results. */
export const publishResults = (redisUrl: string): EveningPublisher =>
  publishEvening(redisUrl, {
    change: (event) => JSON.stringify({ data: selectedData(event) }),
    board: (event) => JSON.stringify({ data: { dispatchesUpdated: selectedChange(event) } }),
    position: (event) => JSON.stringify({ data: selectedPosition(event) }),
  });

/** The channel of what a client of such a server subscribes to. */
export function channelOf(asked: {
  readonly operationName: string;
  readonly variables: { readonly id?: string };
}): string {
  const { id = '' } = asked.variables;
  const channels: Readonly<Record<string, string>> = {
    [operationName]: topicOf(id),
    [boardOperationName]: boardChannel,
    [positionOperationName]: positionsOf(id),
  };
  const channel = channels[asked.operationName];
  if (channel === undefined) throw new Error(`Nobody publishes for ${asked.operationName}.`);
  return channel;
}
