/** A server of the schema that fails on demand, for tests of clients: a real service rarely fails in these ways. */
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, execute, parse, validate, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ClientError } from '../../src/lib/errors.ts';

export interface ReceivedOperation {
  readonly name: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

/** What happens to a request: an error, an HTTP status, or a connection that is cut before or after the execution. */
export type Fault =
  | { readonly kind: 'error'; readonly code: string; readonly extensions?: Record<string, unknown> }
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  | { readonly kind: 'status'; readonly status: number };

export interface StandInOptions {
  /** Called for each request, with the number of earlier ones of the same name. */
  readonly fault?: (operation: ReceivedOperation, before: number) => Fault | undefined;
  readonly port?: number;
}

export interface StandInDispatch {
  readonly id: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly ambulanciaId: string | null;
  readonly estado: string;
  readonly version: number;
  /** Every status that it had, the current one last. */
  readonly past: readonly string[];
  readonly positions: readonly Readonly<Record<string, unknown>>[];
}

const next: Readonly<Record<string, readonly string[]>> = {
  PENDIENTE: ['ASIGNADO', 'CANCELADO'],
  ASIGNADO: ['EN_CAMINO', 'CANCELADO'],
  EN_CAMINO: ['EN_SITIO', 'CANCELADO'],
  EN_SITIO: ['TRASLADANDO', 'COMPLETADO', 'CANCELADO'],
  TRASLADANDO: ['COMPLETADO', 'CANCELADO'],
};

/** Listens on a free port of loopback until it is closed. */
export async function startGraphqlStandIn({ fault = () => undefined, port = 0 }: StandInOptions = {}) {
  const schema = readSchema();
  const board = createBoard();
  const operations: ReceivedOperation[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    text(request)
      .then((body) => answer(body, request.headers.authorization, response))
      .catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(
    body: string,
    authorization: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    const document = parse(query);
    const [definition] = document.definitions;
    const name = definition?.kind === 'OperationDefinition' ? (definition.name?.value ?? '') : '';
    const operation = { name, variables, authorization };
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    operations.push(operation);

    const befalls = fault(operation, before);
    if (befalls?.kind === 'cut' && befalls.when === 'before') return void response.destroy();
    if (befalls?.kind === 'status') return void response.writeHead(befalls.status).end('no GraphQL here');
    const errors = validate(schema, document);
    if (befalls?.kind === 'error') return send(response, { errors: [errorOf(befalls)] });
    if (errors.length > 0) return send(response, { errors: errors.map((error) => invalid(error)) });
    const result = await execute({ schema, document, rootValue: board.resolvers, variableValues: variables });
    if (befalls?.kind === 'cut') return void response.destroy();
    send(response, result);
  }

  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const address = server.address();
  const actualPort = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${actualPort}/graphql`,
    operations: operations as readonly ReceivedOperation[],
    dispatches: (): readonly StandInDispatch[] => board.dispatches(),
    touchAll: () => board.touchAll(),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function send(response: ServerResponse, result: object): void {
  response
    .writeHead(200, { 'content-type': 'application/graphql-response+json' })
    .end(JSON.stringify(result));
}

const invalid = (error: GraphQLError): GraphQLFormattedError => ({
  message: error.message,
  extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
});

const errorOf = ({ code, extensions }: Extract<Fault, { kind: 'error' }>): GraphQLFormattedError => ({
  message: `This is ${code}.`,
  extensions: { code, ...extensions },
});

function readSchema() {
  const folder = resolve(import.meta.dirname, '../../schema');
  const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
  const typeDefs = concatAST(files.map((file) => parse(readFileSync(join(folder, file), 'utf8'))));
  return buildSubgraphSchema([{ typeDefs }]);
}

/** Dispatches that behave as the schema says: status machine, versions, and repeated changes without effect. */
function createBoard() {
  const made = new Map<string, unknown>();
  /** A mutation that is made once for each idempotency key, but for what was refused. */
  const once =
    <Args extends object, Value>(make: (args: Args) => Value) =>
    ({ idempotencyKey, ...args }: Args & { idempotencyKey?: string }): Value => {
      if (idempotencyKey === undefined) return make(args as unknown as Args);
      if (!made.has(idempotencyKey)) made.set(idempotencyKey, make(args as unknown as Args));
      return made.get(idempotencyKey) as Value;
    };
  const dispatches = new Map<string, StandInDispatch>();
  const change = (id: string, changes: Partial<StandInDispatch>): StandInDispatch => {
    const dispatch = { ...find(id), ...changes };
    dispatches.set(id, dispatch);
    return dispatch;
  };
  const find = (id: string): StandInDispatch => {
    const dispatch = dispatches.get(id);
    if (!dispatch) throw new ClientError('NOT_FOUND', `There is no dispatch ${id}.`);
    return dispatch;
  };
  const move = (id: string, estado: string, expectedVersion: number | undefined, ambulanciaId?: string) => {
    const { version, past, ...dispatch } = find(id);
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new ClientError('CONFLICT', `The version is ${version}.`, { version });
    }
    if (dispatch.estado === estado) return find(id);
    const allowed = next[dispatch.estado] ?? [];
    if (!allowed.includes(estado)) {
      throw new ClientError('INVALID_TRANSITION', `${dispatch.estado} → ${estado}`, { allowed });
    }
    const assigned = ambulanciaId === undefined ? {} : { ambulanciaId };
    return change(id, { estado, version: version + 1, past: [...past, estado], ...assigned });
  };
  return {
    dispatches: () => [...dispatches.values()],
    /** Somebody has changed each, and moved none. */
    touchAll: () => {
      for (const { id, version } of dispatches.values()) change(id, { version: version + 1 });
    },
    resolvers: {
      dispatch: ({ id }: { id: string }) => dispatches.get(id) ?? null,
      createDispatch: once(({ input }: { input: Record<string, unknown> }) => {
        const id = String(dispatches.size + 1);
        const estado = 'PENDIENTE';
        dispatches.set(id, {
          id,
          input,
          ambulanciaId: null,
          estado,
          version: 1,
          past: [estado],
          positions: [],
        });
        return find(id);
      }),
      assignDispatch: once((args: { id: string; ambulanciaId: string; expectedVersion?: number }) =>
        move(args.id, 'ASIGNADO', args.expectedVersion, args.ambulanciaId),
      ),
      updateDispatchStatus: once((args: { id: string; estado: string; expectedVersion?: number }) =>
        move(args.id, args.estado, args.expectedVersion),
      ),
      reportLocation: once(
        ({ despachoId, input }: { despachoId: string; input: Record<string, unknown> }) => {
          const { estado, positions } = find(despachoId);
          if (!next[estado])
            throw new ClientError('INVALID_TRANSITION', 'The dispatch has ended.', { allowed: [] });
          change(despachoId, { positions: [...positions, input] });
          return { ...input, recordedAt: new Date().toISOString() };
        },
      ),
    },
  };
}
