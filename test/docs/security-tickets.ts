/** The tests that prove what SECURITY.md says of tickets for event streams. */
import type { ProvenSentence } from './proven-sentence.ts';

const file = 'security/stream-tickets.test.ts';

export const tickets: readonly ProvenSentence[] = [
  {
    says: 'There are none unless `EVENT_STREAM_TICKETS` says `header` or `url`.',
    by: [
      [file, 'there are none unless they are switched on'],
      ['e2e/single-connection.test.ts', 'there is none unless it is switched on'],
    ],
  },
  {
    says: 'With `header` a token has to be shown beside one.',
    by: [
      [
        'e2e/single-connection.test.ts',
        'one ticket has one stream, and a ticket in the address alone opens none',
      ],
    ],
  },
  {
    says: "With `url` it may stand alone in an address: a browser's `EventSource` can send no header, so the token would have to stand there, and addresses end up in logs.",
    by: [
      [
        'e2e/browser-event-source.test.ts',
        'shows by a ticket who asks, and misses nothing when its path breaks',
      ],
      [
        'e2e/browser-event-source.test.ts',
        'opens a stream of another origin with the ticket that its page was given',
      ],
    ],
  },
  {
    says: 'A ticket is given for a good token alone, and sealed: nothing in it can be read or changed.',
    by: [
      [file, 'is given for a good token alone, and no cache keeps it'],
      [file, 'is not given for another ticket'],
      [file, 'opens nothing when it was not used in time, or was changed'],
      ['auth/ticket-keys.test.ts', 'what is sealed cannot be read'],
      ['auth/ticket-keys.test.ts', 'a sealed text with any byte changed cannot be opened'],
    ],
  },
  {
    says: 'It opens one stream, within a minute, for the page that it was given to, and a second stream with it is refused, on every process, also when Redis was lost.',
    by: [
      [file, 'opens one stream: a second one is refused, and the first one goes on'],
      [file, 'a ticket opens one stream, also when Redis was lost'],
      [file, 'opens nothing when it was not used in time, or was changed'],
      [file, 'is good for the page that it was given to'],
    ],
  },
  {
    says: 'That stream is taken up again only by whoever shows what its own events said, which no address holds, and for the same operation; the stream before it is ended.',
    by: [
      [file, 'serves the reconnects of its own stream, each of which ends the one before'],
      [file, 'takes nothing but what its own stream has said, and for the same operation'],
      [file, 'a reconnect on another process ends the stream before, and nothing of a ticket is left behind'],
    ],
  },
  {
    says: 'It ends with its token, and of no other request it says who asks.',
    by: [
      [file, 'ends with its token'],
      [file, 'allows what its viewer may do, and says of no other request who asks'],
      ['e2e/browser-event-source.test.ts', 'is shown that its token has expired, and ends'],
    ],
  },
  {
    says: 'Operations that share a stream are those of its viewer, and as many as a socket may have.',
    by: [
      ['e2e/single-connection.test.ts', 'what is wrong is told by a status'],
      [
        'e2e/single-connection.test.ts',
        'streams count as connections of their viewer, and their operations as subscriptions',
      ],
    ],
  },
  {
    says: 'Nothing is kept of a ticket until it is used.',
    by: [
      [file, 'a reconnect on another process ends the stream before, and nothing of a ticket is left behind'],
      [file, 'nothing is kept of a thousand that nobody uses'],
    ],
  },
  {
    says: 'Tickets and their tokens are in no log line.',
    by: [[file, 'is in no line of the log, and neither is its token']],
  },
  {
    says: 'Whoever reads a ticket before its page has used it can open its stream instead, and the page is refused.',
    by: [[file, 'opens one stream: a second one is refused, and the first one goes on']],
  },
  {
    says: 'Keep addresses out of the logs of proxies, as `nginx.conf` does.',
    by: [[file, 'nginx.conf keeps no addresses']],
  },
];
