/** The tests that prove what SECURITY.md says of bounds. */
import type { ProvenSentence } from './proven-sentence.ts';

export const bounds: readonly ProvenSentence[] = [
  {
    says: 'A body has a bound, as it is sent and as it is inflated, a larger one with a good token than without; so do a frame, an operation id and a token.',
    by: [
      ['http/body-bound.test.ts', 'a viewer has the larger bound, and no byte more'],
      ['http/body-bound.test.ts', 'has a small bound, by its length'],
      ['http/body-bound.test.ts', 'has it too where its length is not said'],
      ['attack/waits-requests.test.ts', 'that is a bomb ends at the bound: %s, 100 at once'],
      ['e2e/socket-faults.test.ts', 'for a frame that is too large'],
      ['attack/waits-sockets.test.ts', 'may have 128 bytes'],
      ['auth/tokens.test.ts', 'that is far too long'],
    ],
  },
  {
    says: 'A request has to be sent in time, and so has `connection_init`.',
    by: [
      ['attack/waits-requests.test.ts', 'is ended though it goes on, byte by byte'],
      ['e2e/socket-faults.test.ts', 'when connection_init does not come'],
    ],
  },
  {
    says: 'An operation has a bound in tokens, depth, aliases, fields with fragments wherever they are spread, directives, page size, references and cost.',
    by: [
      ['http/bad-input.test.ts', 'so is one with too many tokens, before it is parsed to the end'],
      ['http/bad-input.test.ts', "['too many levels',"],
      ['http/bad-input.test.ts', "['too many aliases',"],
      ['http/bad-input.test.ts', "['too many directives',"],
      ['attack/documents.ts', 'a fragment that spreads the next one twice, 26 levels'],
      ['http/bad-input.test.ts', 'a page that is too large'],
      ['http/body-bound.test.ts', 'over one more is told how many there may be'],
      ['attack/cost.ts', 'five lists in each other, every way there is'],
    ],
  },
  {
    says: 'Subscriptions and connections of a viewer are bounded, and requests, costs and attempts to subscribe per minute.',
    by: [
      [
        'e2e/event-streams.test.ts',
        'counts towards the same limit of subscriptions per viewer as WebSockets',
      ],
      ['e2e/socket-faults.test.ts', 'a viewer has a bounded number of connections at a time'],
      ['security/per-minute.test.ts', 'requests of one viewer'],
      ['security/per-minute.test.ts', 'what the operations of one viewer cost'],
      ['e2e/socket-faults.test.ts', 'when one viewer asks too often'],
    ],
  },
  {
    says: 'Tokens that MS Auth refuses are bounded per address.',
    by: [['attack/tokens-refused.test.ts', '961 of them from one address cost MS Auth about as many calls']],
  },
  {
    says: 'An address counts once, however it is spelled, and clients of IPv6 count by their network.',
    by: [
      ['process/address-limits.test.ts', '%s are one client, of whom no more are let in than of one address'],
      ['http/client-address.test.ts', 'clients of IPv6 are counted by their network, also as %s'],
    ],
  },
  {
    says: 'All connections together are bounded below the limit of descriptors.',
    by: [
      [
        'process/descriptors.test.ts',
        'sockets beyond it are closed with 1013, requests get 503, and when somebody leaves there is room',
      ],
    ],
  },
  {
    says: 'Batched operations are refused.',
    by: [['http/bad-input.test.ts', 'that is a batch is refused, with the reason']],
  },
  {
    says: 'An outbox is bounded in bytes, and a reader that is too slow is closed.',
    by: [
      [
        'transports/outbox.test.ts',
        'reports a slow reader when its bound is exceeded, and drops what waited',
      ],
      ['e2e/slow-reader.test.ts', 'one stopped reader among a thousand'],
    ],
  },
  {
    says: 'What waits for the readers of one viewer is bounded, and what waits for all.',
    by: [
      ['attack/waits-readers.test.ts', 'a hundred of one viewer: what waits is bounded'],
      ['attack/waits-readers.test.ts', 'of as many viewers: what waits for all together is bounded'],
    ],
  },
  {
    says: 'A connection that takes nothing of what waits for it is ended.',
    by: [
      ['attack/waits-readers.test.ts', 'connections that never read an answer of 4.8 MB'],
      ['attack/waits-sockets.test.ts', 'is not waited for, though they send'],
      ['attack/waits-sockets.test.ts', 'is not waited for over Server-Sent Events'],
    ],
  },
  {
    says: 'Subscriptions by callback are bounded per viewer and per origin, and their heartbeats are not sent more often than is allowed.',
    by: [
      ['attack/waits-callbacks.test.ts', 'of one viewer'],
      ['attack/waits-callbacks.test.ts', 'to one origin, whoever they are of'],
      ['attack/waits-callbacks.test.ts', 'of %i ms is refused, and not made longer'],
    ],
  },
  {
    says: 'The event log is bounded in length and age.',
    by: [
      [
        'contract/event-log.test.ts',
        'keeps the newest events only, and says lost for what it no longer reaches',
      ],
      ['contract/event-log.test.ts', 'keeps events up to an age'],
    ],
  },
  {
    says: 'Parsed and compiled operations are bounded, as are cached tokens.',
    by: [
      ['operations/operation-cache.test.ts', 'prepares a text once, and forgets the least recently used'],
      ['operations/executor.test.ts', 'makes room for newer ones, by what they stand for'],
      ['auth/token-cache.test.ts', 'a flood of tokens pushes out those that nobody uses, and no others'],
    ],
  },
  {
    says: 'A result is bounded in bytes.',
    by: [['attack/results.ts', 'an answer of 25 MB, every way there is']],
  },
  {
    says: 'Cursors are signed, and the date of one that was made up is not believed.',
    by: [
      ['realtime/cursor.test.ts', 'says where it is, and no date: %s'],
      ['e2e/cursors.test.ts', 'one dispatch begins anew after a cursor that somebody has made up'],
      ['attack/cursors.ts', '20 made-up cursors of a board'],
    ],
  },
  {
    says: 'What has changed since a cursor is counted before any of it is read, and shown page by page, as it is taken.',
    by: [
      ['db/query-plans.test.ts', 'what has changed is found, and a list filtered twice, by an index'],
      ['realtime/snapshot-pages.test.ts', 'no page is read before the one ahead of it was taken'],
    ],
  },
  {
    says: 'Of more than 10,000 changes none is shown.',
    by: [['attack/cursors.ts', 'the same that are good, and behind 30,000 changes']],
  },
  {
    says: "One viewer's snapshots wait for each other.",
    by: [['realtime/snapshot-pages.test.ts', "one viewer's snapshots wait for each other"]],
  },
  {
    says: 'A subscription that is refused leaves nothing behind.',
    by: [['process/refused-subscriptions.test.ts', '1,000 subscriptions to dispatches that do not exist']],
  },
];
