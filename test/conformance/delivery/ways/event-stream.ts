/** Clients of event streams of one operation, which come back with the id of the last event: by POST, and by GET with a ticket. */
import { tEventStream, type BareEventStream } from '../../../support/event-stream.ts';
import { openWithTicket, tTicket } from '../../../support/stream-tickets.ts';
import { codesOf, valuesOf, type Asked, type Connect, type Way, type WayConnection } from './way.ts';

const resultsOf = ({ events }: BareEventStream) =>
  events.filter(({ event }) => event === 'next').map(({ data }) => data);

function connectionOf(stream: BareEventStream): WayConnection {
  const end = () => stream.response.destroy();
  return {
    shown: () => valuesOf(resultsOf(stream)),
    told: () => [
      ...codesOf(resultsOf(stream)),
      ...stream.events.filter(({ event }) => event === 'complete').map(() => 'complete'),
      ...(stream.status === 200 ? [] : [String(stream.status)]),
    ],
    get place() {
      return stream.place;
    },
    cut: end,
    // It has no other word for it.
    complete: end,
  };
}

/** Comes back with the id of the last event that it has read. */
function returning(
  open: (asked: Asked, lastEventId: string | undefined) => Promise<BareEventStream>,
): Connect {
  let last: BareEventStream | undefined;
  return async (asked) => {
    const lastEventId = last?.place.id;
    last = await open(asked, lastEventId);
    return connectionOf(last);
  };
}

export const eventStreamByPost: Way = {
  name: 'event stream by POST',
  isAcknowledged: false,
  receiver: null,
  open: async () => ({
    env: {},
    client: () =>
      returning(({ app, token, query, variables }, lastEventId) =>
        tEventStream(`${app.url}/graphql`, { token, body: { query, variables }, lastEventId }),
      ),
  }),
};

export const eventSourceByGet: Way = {
  name: 'EventSource by GET',
  isAcknowledged: false,
  receiver: null,
  open: async () => ({
    env: { EVENT_STREAM_TICKETS: 'url' },
    client: () => {
      let ticket: string | undefined;
      return returning(async ({ app, token, query, variables }, lastEventId) => {
        ticket ??= await tTicket(app.url, token);
        return openWithTicket(app.url, ticket, { query, variables, lastEventId });
      });
    },
  }),
};
