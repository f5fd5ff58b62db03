/** Which test fails when a sentence of SECURITY.md is not true. */
import type { ProvenSentence } from './proven-sentence.ts';
import { board } from './security-board.ts';
import { bounds } from './security-bounds.ts';
import { deployment, notPromised } from './security-deployment.ts';
import { tickets } from './security-tickets.ts';

const identity: readonly ProvenSentence[] = [
  {
    says: 'Each sentence from here on has a test that fails when it is not true: `test/docs/security-proofs.ts` says which.',
    by: [['docs/security.test.ts', 'each sentence is proven, and each proof is of a sentence']],
  },
  {
    says: 'JWTs are checked for signature, expiry, and issuer and audience where configured; algorithms are pinned by the kind of key, so that `none` or a public key used as a secret are refused.',
    by: [
      ['auth/tokens.test.ts', 'is one with any character changed, and the answer gives nothing away'],
      ['auth/tokens.test.ts', 'that has expired'],
      ['auth/tokens.test.ts', 'where issuer and audience are configured'],
      ['auth/tokens.test.ts', 'without a signature (alg none)'],
      ['auth/key-set.test.ts', 'that takes the public key for an HMAC secret is refused'],
      ['http/authentication.test.ts', 'says alg: none'],
    ],
  },
  {
    says: "In production the service does not start with a guessable secret or an example's, and a JWT must say when it ends (`JWT_REQUIRE_EXP`).",
    by: [
      ['config/config.test.ts', 'refuses the weak or well-known secret "%s", as the one before, too'],
      ['auth/tokens.test.ts', 'must be said in production, and where JWT_REQUIRE_EXP says so'],
    ],
  },
  {
    says: 'A text with characters that no token has goes nowhere, and two `Authorization` headers are refused.',
    by: [
      ['attack/tokens-refused.test.ts', 'in a header of HTTP are UNAUTHENTICATED'],
      ['attack/tokens-refused.test.ts', 'are BAD_REQUEST over HTTP, also where both are good'],
      ['attack/tokens-refused.test.ts', 'open no socket'],
    ],
  },
  {
    says: 'A token of MS Auth that it stops accepting, or whose user it calls inactive or gives other roles, ends its connections within `MS_AUTH_CACHE_MS`; what it said before stands in only where it cannot say, and no longer than that.',
    by: [
      [
        'upstreams/ms-auth.test.ts',
        'ends the sockets of a token that MS Auth stops accepting, and no others',
      ],
      ['upstreams/ms-auth.test.ts', 'ends the event streams of a token that MS Auth stops accepting'],
      ['upstreams/ms-auth.test.ts', 'and ends the connections of an admin within MS_AUTH_CACHE_MS'],
      ['upstreams/ms-auth.test.ts', 'ends the sockets of a viewer whose permissions change'],
      ['upstreams/ms-auth.test.ts', 'what it said before stands in for MS_AUTH_CACHE_MS, and not longer'],
    ],
  },
  {
    says: 'When an admin ends the sessions of a user (`endSession`), all that is open of theirs ends within a second, on every process, and tokens from before are refused on every transport until they have expired, those without a date too.',
    by: [
      ['faults/end-session.test.ts', 'all end what is open and refuse older tokens within a second'],
      ['e2e/end-session.test.ts', 'WebSockets are closed with 4401'],
      ['e2e/end-session.test.ts', 'event streams say why they end, and an EventSource does not come back'],
      ['e2e/end-session.test.ts', 'callbacks end, and their routers are told why'],
      [
        'e2e/end-session.test.ts',
        'tokens from before are refused on every transport, those without a date too',
      ],
      ['auth/session-ends.test.ts', 'until the last of them has expired'],
      ['modules/session-end-record.test.ts', 'is kept for as long as any token lives that was shown before'],
    ],
  },
  {
    says: 'It is kept in the database, so that neither a process that stood still, nor one that starts later, nor a Redis that is away or has lost its data lets them in.',
    by: [
      [
        'faults/end-session.test.ts',
        'one that is frozen is named, and ends what it holds as soon as it goes on',
      ],
      ['faults/end-session.test.ts', 'one that starts later does too'],
      ['faults/end-session.test.ts', 'where Redis is away all read it in the record within a second'],
    ],
  },
  {
    says: 'Nobody else is affected, and a newer token is accepted.',
    by: [
      ['auth/session-ends.test.ts', 'none that is newer, and nobody else’s'],
      ['e2e/end-session.test.ts', 'newer ones are not, nor those of others'],
    ],
  },
  {
    says: 'Only admins may do it, and only they are shown why.',
    by: [
      ['e2e/end-session.test.ts', 'only admins may, and an admin may end their own'],
      ['modules/connection.test.ts', 'the audit trail says who ended whose sessions; why is for admins'],
    ],
  },
  {
    says: 'Everything needs a token but introspection in development, and the SDL where `SDL_READERS` says so.',
    by: [
      ['http/authentication.test.ts', '%s is UNAUTHENTICATED'],
      ['http/authentication.test.ts', 'in development the schema can be introspected'],
      ['http/sdl-readers.test.ts', 'the SDL is for anybody where that is said, in production too'],
      ['http/sdl-readers.test.ts', 'is for nobody where that is said, in development too'],
      ['e2e/authorisation.test.ts', '$role (with the ambulance of the dispatch: $rides)'],
    ],
  },
  {
    says: 'In production the SDL is for viewers, and there is no introspection.',
    by: [
      ['http/sdl-readers.test.ts', 'is for viewers in production, unless told otherwise'],
      ['http/authentication.test.ts', 'introspection is off for everybody, and no message names parts'],
    ],
  },
];

const permission: readonly ProvenSentence[] = [
  {
    says: 'Permissions are checked before anything is read and before a stream opens; a stream ends when its token does.',
    by: [
      ['security/refused-first.test.ts', 'nothing is read from %s for a viewer who may not: %s'],
      [
        'security/refused-first.test.ts',
        'no topic is followed and nothing is read for a stream that is refused',
      ],
      ['schema/permissions.test.ts', 'a refused subscription opens no stream'],
      ['e2e/socket-faults.test.ts', 'a socket ends with 4403 when its token does'],
      [
        'e2e/event-streams.test.ts',
        'resumes after its cursor, with a new token, when the old one has expired',
      ],
      ['conformance/callback.ts', 'completes with an error when the token expires'],
    ],
  },
  {
    says: 'A WebSocket can go on with a newer token of the same viewer, and of nobody else: from then on each of its streams shows what that token allows, or has ended.',
    by: [
      [
        'e2e/session-renewal.test.ts',
        'tokens that are not good, and those of others, are refused, and the one before goes on',
      ],
      [
        'e2e/session-renewal.test.ts',
        'a stream that the token does not allow ends alone, with an error, before that is answered',
      ],
      [
        'e2e/session-renewal.test.ts',
        'a stream shows less, and then more again, from the moment on at which that is answered',
      ],
      [
        'e2e/session-renewal.test.ts',
        'what is just being opened is judged by the token that counts when it begins',
      ],
      [
        'upstreams/ms-auth.test.ts',
        'ends a socket that was renewed with the newer token, and not with the one before',
      ],
    ],
  },
  {
    says: 'Such a token is in no log line, metric or record.',
    by: [
      [
        'security/renewed-tokens.test.ts',
        'the token of a renewal is in no log line, no metric, no record and no command to Redis',
      ],
    ],
  },
  {
    says: 'A result that many share is executed without any viewer: the compiler keeps resolvers of streams from seeing one.',
    by: [['schema/context.test.ts', 'types keep the viewer out of shared fields']],
  },
  {
    says: "Every viewer may read `id` and `name` of a user; role and presence need `view-users` or are one's own, and who changed a dispatch (`actorId`) needs what the audit trail needs: a reference, a sender or a stream is no way around.",
    by: [
      ['schema/scope.test.ts', '%s: by permission, or of oneself'],
      ['schema/scope.test.ts', '%s: is shown to those who may read the audit trail'],
      ['e2e/who-sees-whom.test.ts', 'test.each(askers)'],
    ],
  },
  {
    says: 'Who was shown a dispatch (`receipts`) needs the same, and is said of nobody who has not acknowledged it.',
    by: [
      ['schema/permissions.test.ts', 'may use what its permissions say, and nothing else'],
      [
        'e2e/receipts.test.ts',
        'of who was cut off before they answered there is none, though they were shown it',
      ],
      [
        'e2e/receipts.test.ts',
        'a router has receipts of what it took by callback, and of nothing that it did not take',
      ],
      [
        'faults/receipts.test.ts',
        'of a process that is killed miss its last interval at the most, and none was made up',
      ],
    ],
  },
  {
    says: 'Who chose OFFLINE is not connected to anybody else, and was last seen when they chose it.',
    by: [
      [
        'modules/user-hidden.test.ts',
        'is connected to nobody but themselves, and was last seen when they chose it',
      ],
      [
        'modules/user-hidden.test.ts',
        'is told of as not connected, and not listed where a stream begins anew',
      ],
    ],
  },
  {
    says: 'Messages need a permission to read and one to send; channels of a role, a user or a dispatch are for those whom they are named after, and what is said there is not in the audit trail of others.',
    by: [
      ['e2e/authorisation.test.ts', '$role (with the ambulance of the dispatch: $rides)'],
      ['modules/message-channels.test.ts', "['role:paramedic:sala', doctor!, none]"],
      ['modules/message-channels.test.ts', 'keep what is said there from who reads the audit trail'],
    ],
  },
  {
    says: 'In a stream all this is decided by permission before it opens, and is part of what makes a group, so that a shared result is shared only by those who may see all of it.',
    by: [
      ['schema/scope.test.ts', 'is split by the permission where role or presence is asked for'],
      ['schema/scope.test.ts', 'has a scope of what its operation asks for alone'],
      ['e2e/who-sees-whom.test.ts', 'test.each(askers)'],
    ],
  },
  {
    says: 'What was answered to a viewer by GET is kept by no cache (`cache-control: private, no-store`).',
    by: [['http/cache-control.test.ts', 'an answer to a GET is for nobody else']],
  },
];

const code: readonly ProvenSentence[] = [
  {
    says: 'Operations that keep coming are compiled.',
    by: [['operations/executor.test.ts', 'is compiled only after several executions']],
  },
  {
    says: 'Those that hold a string, a reserved name or a directive never are, whatever the compiler would make of them; strings in variables are no part of an operation.',
    by: [
      ['operations/executor.test.ts', 'with %s is never compiled'],
      ['operations/executor.test.ts', 'any query has the result that graphql-js gives it'],
    ],
  },
];

const outward: readonly ProvenSentence[] = [
  {
    says: 'Callbacks of HTTP subscriptions are sent to the addresses in `CALLBACK_ORIGINS` alone (none by default), and redirects are not followed.',
    by: [
      ['conformance/callback.ts', 'calls back to no origin that is not configured, and to none by default'],
      ['conformance/callback.ts', 'follows no redirect, neither of a check nor of a next'],
    ],
  },
  {
    says: 'A path named there stands for itself and what lies below it.',
    by: [
      ['e2e/callbacks.test.ts', 'lets callbacks to it and below it through: %s'],
      ['e2e/callbacks.test.ts', 'lets no other through: %s'],
      ['e2e/callbacks.test.ts', 'is one of its origin alone'],
    ],
  },
  {
    says: 'Nothing is sent to them for a request without a good token.',
    by: [['e2e/callbacks.test.ts', 'without a good token']],
  },
  {
    says: 'Nobody ends a subscription of somebody else by its id.',
    by: [
      ['e2e/callbacks.test.ts', 'one who uses that of somebody else has a stream beside it, and ends none'],
    ],
  },
  {
    says: "A subscription by callback outlives its process, so it is kept, in Redis or in the database of a single process: its operation, the address and the router's verifier, and what its token said of the viewer and of its own end, but never the token.",
    by: [['faults/callbacks.test.ts', 'is kept without its token, with what the token said']],
  },
  {
    says: 'Whoever goes on with it asks again whether the address is allowed, whether the token has expired or the sessions of its viewer were ended, and what they may see.',
    by: [
      ['faults/callbacks.test.ts', 'whose address is not allowed any more is called back by nobody'],
      ['faults/callbacks.test.ts', 'of a viewer who was thrown out while nobody had it ends with that'],
      ['faults/callbacks.test.ts', 'whose token has expired while nobody had it ends with that'],
    ],
  },
  {
    says: 'Browsers of other origins are refused, over HTTP and WebSocket alike, unless `CORS_ORIGIN` names them; in production that is nobody.',
    by: [
      ['http/cors.test.ts', 'a page of another one may not'],
      ['http/cors.test.ts', 'in production only pages of named origins may'],
      ['e2e/socket-faults.test.ts', 'from an origin that is not allowed'],
      ['config/config.test.ts', 'lets no browser in and shows no playground unless told so'],
    ],
  },
  {
    says: 'On a WebSocket the origins of the service itself (`PUBLIC_ORIGINS`) may connect as well, and never what a request calls its host.',
    by: [
      [
        'e2e/other-clients.test.ts',
        'an app may send an origin of the service itself, and nobody one that is only its host',
      ],
    ],
  },
  {
    says: 'GET requests change nothing.',
    by: [
      ['security/browsers.test.ts', 'a GET changes nothing, however it is asked: %s'],
      ['http/bad-input.test.ts', 'that is a mutation by GET is refused'],
    ],
  },
  {
    says: 'Nothing that a browser adds by itself says who asks: cookies count for nothing, and none are set.',
    by: [
      ['security/browsers.test.ts', 'cookies and passwords that a browser remembers count for nothing'],
      ['security/browsers.test.ts', 'a cookie opens no socket'],
    ],
  },
  {
    says: 'Errors and logs say nothing of the inside: unforeseen errors have an id that the log has too.',
    by: [
      ['operations/format-error.test.ts', 'is told by its id alone: %s'],
      [
        'http/health.test.ts',
        'with PostgreSQL away that was there: the details name it, and requests get an error',
      ],
    ],
  },
  {
    says: 'In production errors suggest no names of the schema.',
    by: [
      ['attack/mistakes.ts', 'names that are nearly right, which production does not put right, every way'],
    ],
  },
  {
    says: 'Tokens, secrets and URLs with passwords are in no log line; a test reads the log for them.',
    by: [
      ['http/operation-log.test.ts', 'no token, secret or variable in anything that the process prints'],
      ['config/config.test.ts', 'secrets are there to use, and show nowhere'],
      ['config/config.test.ts', 'never repeats a value that may be secret'],
    ],
  },
  {
    says: 'Readiness says yes or no; which part is missing is for whoever shows `HEALTH_DETAILS_TOKEN` or reaches `METRICS_PORT`.',
    by: [
      ['http/health.test.ts', 'are for nobody who shows no token or another one: not ready'],
      ['http/health.test.ts', 'are at METRICS_PORT for whoever reaches it, and metrics there alone'],
    ],
  },
];

export const proofs: readonly ProvenSentence[] = [
  ...identity,
  ...permission,
  ...bounds,
  ...code,
  ...outward,
  ...board,
  ...tickets,
  ...deployment,
  ...notPromised,
];
