/** Dispatches that make for large answers, and the queries for them. */
import type { TestClient } from './test-client.ts';

const perRequest = 30;
/** As long as it may be: 4 KB. */
const observaciones = 'ñ'.repeat(2_000);

/** Creates so many dispatches of 4 KB. */
export async function createLargeDispatches(client: TestClient, count: number): Promise<void> {
  const token = await client.token({ sub: 'filler', role: 'system' });
  const input = { origen: { latitud: 1, longitud: 2 }, observaciones };
  for (let made = 0; made < count; made += perRequest) {
    const fields = Array.from(
      { length: Math.min(perRequest, count - made) },
      (_, at) => `d${at}: createDispatch(input: $input) { id }`,
    );
    const query = `mutation ($input: CreateDispatchInput!) { ${fields.join(' ')} }`;
    const { errors } = await client.ask(query, { input }, token);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

/** Asks for the same list under so many names. */
export function lists(names: number, length = 300): string {
  const fields = Array.from(
    { length: names },
    (_, at) => `l${at}: despachos(limit: ${length}) { observaciones }`,
  );
  return `{ ${fields.join(' ')} }`;
}
