/** How each error code comes about behind a router, in the order in which they are provoked. */
import type { ErrorCode } from '../../../../src/lib/errors.ts';
import { unsignedCursor } from '../../last-release.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  locationUpdated,
} from '../../operations.ts';
import { until } from '../../until.ts';
import type { Scene } from './scene.ts';

/** An operation, and who sends it. */
export interface Asked {
  readonly query: string;
  readonly variables?: (scene: Scene) => Record<string, unknown>;
  /** Default: a dispatcher with the name of the case. */
  readonly token?: (scene: Scene) => Promise<string>;
}

export interface Watched extends Asked {
  /** Default 1: only the last of so many, which are open at the same time, is looked at. */
  readonly times?: number;
  /** What is done when the stream has begun. Without it the stream never begins. */
  readonly meanwhile?: (scene: Scene) => Promise<unknown>;
}

export interface CodeCase {
  /** Undefined where the service says none. */
  readonly code: ErrorCode | undefined;
  readonly when: string;
  /** What is done before. */
  readonly before?: (scene: Scene) => Promise<unknown>;
  readonly ask?: Asked & { readonly times?: number };
  readonly watch?: Watched;
  readonly after?: (scene: Scene) => Promise<unknown>;
}

const aliases = Array.from({ length: 31 }, (_, at) => `a${at}: version`).join(' ');
const dispatchOf = ({ id }: Scene) => ({ id });
const nobody = ({ token }: Scene) => token('nobody', { permissions: [] });
const noToken = () => Promise.resolve('not.a.token');
const listed = '{ despachos { id } }';
const watched = 'subscription ($id: ID!) { dispatchUpdated(id: $id) { cursor } }';
const aged = () => ({ after: unsignedCursor('dispatches', { epoch: 'none', offset: 0, at: Date.now() }) });
const broken = 'alter table locations rename to lost';
const mended = 'alter table lost rename to locations';

export const refusals: readonly CodeCase[] = [
  {
    code: 'UNAUTHENTICATED',
    when: 'the token is missing or no good',
    ask: { query: listed, token: noToken },
    watch: { query: watched, variables: dispatchOf, token: noToken },
  },
  {
    code: 'FORBIDDEN',
    when: 'a permission is missing',
    ask: { query: listed, token: nobody },
    watch: { query: watched, variables: dispatchOf, token: nobody },
  },
  {
    code: 'BAD_USER_INPUT',
    when: 'an argument is out of range',
    ask: { query: '{ despachos(limit: 100000) { id } }' },
    watch: { query: dispatchesUpdated, variables: () => ({ after: 'nonsense' }) },
  },
  {
    code: 'NOT_FOUND',
    when: 'nothing has this id',
    ask: { query: 'mutation { updateDispatchStatus(id: 999, estado: CANCELADO) { id } }' },
    watch: { query: watched, variables: () => ({ id: '999' }) },
  },
  {
    code: 'INVALID_TRANSITION',
    when: 'the status does not allow it',
    ask: {
      query: 'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: COMPLETADO) { id } }',
      variables: dispatchOf,
    },
  },
  {
    code: 'CONFLICT',
    when: 'somebody else has changed it',
    ask: {
      query:
        'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO, expectedVersion: 9) { id } }',
      variables: dispatchOf,
    },
  },
  {
    code: 'AMBULANCE_BUSY',
    when: 'it is on another dispatch',
    before: async ({ router: { service } }) =>
      assign(service.client, await createDispatch(service.client), 'A-1'),
    ask: {
      query: 'mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A-1") { id } }',
      variables: dispatchOf,
    },
  },
  {
    code: 'CURSOR_TOO_OLD',
    when: 'what came after the cursor is not known any more',
    watch: { query: dispatchesUpdated, variables: aged },
  },
  {
    code: 'GRAPHQL_VALIDATION_FAILED',
    when: 'it has too many aliases',
    ask: { query: `query ($id: ID!) { dispatch(id: $id) { ${aliases} } }`, variables: dispatchOf },
    watch: {
      query: `subscription ($id: ID!) { dispatchUpdated(id: $id) { dispatch { ${aliases} } } }`,
      variables: dispatchOf,
    },
  },
  {
    code: 'COST_EXCEEDED',
    when: 'it asks for too much at once',
    ask: { query: '{ despachos(limit: 500) { historial(limit: 500) { timestamp } } }' },
    watch: {
      query:
        'subscription ($id: ID!) { dispatchUpdated(id: $id) { dispatch { historial(limit: 500) { timestamp } } } }',
      variables: dispatchOf,
    },
  },
  {
    code: 'RESULT_TOO_LARGE',
    when: 'the result would be too long',
    ask: {
      query: `query ($id: ID!) { dispatch(id: $id) { ${Array.from({ length: 20 }, (_, at) => `o${at}: observaciones`).join(' ')} } }`,
      variables: dispatchOf,
    },
  },
  {
    code: 'PAYLOAD_TOO_LARGE',
    when: 'the request is too long',
    ask: {
      query: 'mutation ($text: String!) { broadcastMessage(channel: "general", message: $text) { id } }',
      variables: () => ({ text: 'x'.repeat(30_000) }),
    },
    watch: {
      query: watched,
      variables: () => ({ id: 'x'.repeat(30_000) }),
    },
  },
  {
    code: 'RATE_LIMITED',
    when: 'there were too many within a minute',
    ask: { query: listed, times: 21 },
  },
  {
    code: 'LIMIT_EXCEEDED',
    when: 'there are too many subscriptions of the viewer',
    watch: { query: watched, variables: dispatchOf, times: 2 },
  },
  {
    code: 'INTERNAL_SERVER_ERROR',
    when: 'the service makes a mistake',
    before: ({ postgres }) => postgres.run(broken),
    ask: {
      query: 'query ($id: ID!) { dispatch(id: $id) { ubicacionActual { latitud } } }',
      variables: dispatchOf,
    },
    watch: { query: locationUpdated, variables: dispatchOf },
    after: ({ postgres }) => postgres.run(mended),
  },
  {
    code: 'UPSTREAM_UNAVAILABLE',
    when: 'the database is away',
    before: ({ postgres }) => postgres.kill(),
    ask: { query: listed },
    watch: { query: watched, variables: dispatchOf },
    after: async ({ postgres, router: { service } }) => {
      await postgres.restart();
      // Its role has no limits.
      const system = await service.client.token({ sub: 'device', role: 'system' });
      await until('the service has it back', async () => {
        const { errors } = await service.client.ask(listed, {}, system);
        return errors === undefined;
      });
    },
  },
];

/** What ends a stream that has begun. */
export const endings: readonly CodeCase[] = [
  {
    code: 'UNAUTHENTICATED',
    when: 'the token expires while a stream is open',
    watch: {
      query: dispatchUpdated,
      variables: dispatchOf,
      token: ({ token }) => token('expiring', {}, 5_000),
      meanwhile: () => Promise.resolve(),
    },
  },
  {
    code: 'STREAM_INTERRUPTED',
    when: 'the service ends',
    watch: {
      query: dispatchUpdated,
      variables: dispatchOf,
      meanwhile: ({ router: { service } }) => service.kill('SIGTERM'),
    },
    after: ({ router: { service } }) => service.start(),
  },
  {
    code: undefined,
    when: 'the service is killed',
    watch: {
      query: dispatchUpdated,
      variables: dispatchOf,
      meanwhile: ({ router: { service } }) => service.kill('SIGKILL'),
    },
    after: ({ router: { service } }) => service.start(),
  },
];

/** Why no client of a router is ever told of the other codes. */
export const unreachable: Readonly<Partial<Record<ErrorCode, string>>> = {
  GRAPHQL_PARSE_FAILED: 'routers parse what they are sent',
  BAD_REQUEST: 'routers send what is well formed',
  UNSUPPORTED_MEDIA_TYPE: 'routers send JSON',
  PERSISTED_QUERY_NOT_SUPPORTED: 'routers send the text of operations, unless they are told otherwise',
  PERSISTED_QUERY_NOT_FOUND: 'routers send the text of operations here too',
  PERSISTED_QUERY_NOT_IN_LIST: 'nor do they send ids',
  QUERY_NOT_IN_SAFELIST: 'routers show their secret',
  CLIENT_CLOSED_REQUEST: 'nobody is there any more',
};
