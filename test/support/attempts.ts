/** Asks again and again, as clients do, until something works that is about to work again. */
import type { TestClient } from './test-client.ts';
import { until } from './until.ts';

const create = 'mutation { createDispatch(input: { origen: { latitud: -16.5, longitud: -68.15 } }) { id } }';

export interface Attempts {
  /** The id of the dispatch that was created at last. */
  readonly id: string;
  /** The codes of the attempts before, and how long each said to wait. */
  readonly codes: readonly string[];
  readonly retryAfterMs: readonly unknown[];
}

/** Creates a dispatch, in as many attempts as it takes. */
export async function createAtLast(client: TestClient): Promise<Attempts> {
  const codes: string[] = [];
  const retryAfterMs: unknown[] = [];
  const id = await until('a dispatch is created', async () => {
    const { data, errors } = await client.ask<{ createDispatch: { id: string } }>(create);
    for (const { extensions } of errors ?? []) {
      codes.push(String(extensions['code']));
      retryAfterMs.push(extensions['retryAfterMs']);
    }
    return data?.createDispatch?.id;
  });
  return { id, codes, retryAfterMs };
}
