/** Mutations with idempotency keys, as clients send them. */
import type { GraphQLAnswer } from './test-client.ts';

export interface KeyedRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** For the header `Idempotency-Key`. */
  readonly key?: string;
}

export type Answer = GraphQLAnswer<Record<string, unknown>>;

/** Sends one by HTTP. `url` is that of the service; rejects where there is no answer. */
export async function send(
  url: string,
  token: string,
  { key, ...body }: KeyedRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** The codes and reasons of an answer's errors. */
export const refusalsOf = ({ errors = [] }: Answer): string[] =>
  errors.map(({ extensions: { code, reason } }) => [code, reason].filter(Boolean).join(' '));

export const create =
  'mutation ($latitud: Float!) { createDispatch(input: { origen: { latitud: $latitud, longitud: 2 } }) { id version } }';
