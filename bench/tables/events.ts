/** Events as the service writes them, each with the texts and numbers that one usually has. */
import { messageTopic, type MessageState } from '../../src/modules/message/events.ts';
import { boardTopic, dispatchTopic } from '../../src/modules/dispatch/events.ts';
import { locationTopic, type LocationEvent } from '../../src/modules/location/events.ts';
import { createEvent } from '../dispatch-event.ts';

const timestamp = '2026-11-20T12:34:56.789Z';

const position: LocationEvent = {
  sequence: 12_345,
  despachoId: '1234',
  location: {
    ...{ latitud: -16.50123, longitud: -68.15456, altitud: 3_640, velocidad: 43.5, rumbo: 271, precision: 8 },
    recordedAt: timestamp,
    receivedAt: timestamp,
  },
  actorId: 'paramedic-17',
  timestamp,
};

const message: MessageState = {
  id: '12345',
  channel: 'general',
  message: 'La avenida Arce está cortada a la altura de la plaza Isabel la Católica.',
  senderId: 'dispatcher-3',
  timestamp,
};

export interface KindOfEvent {
  readonly name: string;
  /** The key of one of so many topics. */
  readonly topic: (number: number) => string;
  readonly data: unknown;
}

export const kindsOfEvents: readonly KindOfEvent[] = [
  {
    name: 'a change, in the topic of its dispatch',
    topic: (number) => dispatchTopic(String(number)).key,
    data: createEvent('1234', 1, 0),
  },
  // The board has but one topic: others stand for it, to see what a topic takes.
  {
    name: 'the same on the board',
    topic: (number) => `${boardTopic.key}${number}`,
    data: createEvent('1234', 1, 0),
  },
  { name: 'a position', topic: (number) => locationTopic(String(number)).key, data: position },
  { name: 'a message', topic: (number) => messageTopic(`channel-${number}`).key, data: message },
];
