/** The operations that tests send, and the types of their results. */
import type { TestClient } from './test-client.ts';

export interface Update {
  readonly cursor: string;
  readonly changeType: string;
  readonly previousEstado: string | null;
  readonly actorId: string | null;
  readonly dispatch: { readonly id: string; readonly estado: string; readonly version: number };
}

const updateFields = 'cursor changeType previousEstado actorId timestamp dispatch { id estado version }';

export const dispatchUpdated = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { ${updateFields} } }`;
export const dispatchesUpdated = `subscription ($estado: DispatchStatus, $after: Cursor) { dispatchesUpdated(estado: $estado, after: $after) { ${updateFields} } }`;
export const followedDispatchUpdated = `subscription ($after: Cursor) { followedDispatchUpdated(after: $after) { ${updateFields} } }`;
export const locationUpdated =
  'subscription ($id: ID!, $after: Cursor) { locationUpdated(despachoId: $id, after: $after) { cursor snapshot location { latitud } } }';

async function must<T>(
  app: TestClient,
  query: string,
  variables: Record<string, unknown>,
  token?: string,
): Promise<T> {
  const { data, errors } = await app.ask<Record<string, T>>(query, variables, token);
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return Object.values(data)[0]!;
}

/**
 * The variables with which a board shows whatever happens from now on. Without a cursor it shows what happens once its subscription
 * has reached the server, which a change made beside it may come before.
 */
export async function fromNow(app: TestClient, token?: string): Promise<{ after: string }> {
  return { after: await must<string>(app, '{ dispatchesCursor }', {}, token) };
}

export async function createDispatch(app: TestClient, input: Record<string, unknown> = {}): Promise<string> {
  const query = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
  const origen = { latitud: -16.5, longitud: -68.15 };
  return (await must<{ id: string }>(app, query, { input: { origen, ...input } })).id;
}

/** Creates so many dispatches, many in a request, and returns their ids. */
export async function createDispatches(app: TestClient, count: number): Promise<readonly string[]> {
  const place = '{ latitud: 1, longitud: 1 }';
  const ids: string[] = [];
  while (ids.length < count) {
    const names = Array.from({ length: Math.min(25, count - ids.length) }, (_, at) => `d${at}`);
    const fields = names.map((name) => `${name}: createDispatch(input: { origen: ${place} }) { id }`);
    const { data } = await app.ask<Record<string, { id: string }>>(`mutation { ${fields.join(' ')} }`);
    ids.push(...names.map((name) => data![name]!.id));
  }
  return ids;
}

export async function assign(app: TestClient, id: string, ambulanciaId = 'A-1'): Promise<void> {
  const query =
    'mutation ($id: ID!, $ambulanciaId: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulanciaId) { version } }';
  await must(app, query, { id, ambulanciaId });
}

export async function move(app: TestClient, id: string, estado: string): Promise<number> {
  const query =
    'mutation ($id: ID!, $estado: DispatchStatus!) { updateDispatchStatus(id: $id, estado: $estado) { version } }';
  return (await must<{ version: number }>(app, query, { id, estado })).version;
}

/** Changes a dispatch from its creation to its end, which makes six versions. */
export async function runThrough(app: TestClient, id: string): Promise<void> {
  await assign(app, id);
  for (const estado of ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO']) await move(app, id, estado);
}

export const report = (app: TestClient, despachoId: string, latitud: number): Promise<void> =>
  reportAt(app, despachoId, { latitud, longitud: 2 });

export async function reportAt(
  app: TestClient,
  despachoId: string,
  input: { readonly latitud: number; readonly longitud: number },
): Promise<void> {
  const query =
    'mutation ($despachoId: ID!, $input: LocationInput!) { reportLocation(despachoId: $despachoId, input: $input) { latitud } }';
  const device = await app.token({ sub: 'device', role: 'system' });
  await must(app, query, { despachoId, input }, device);
}
