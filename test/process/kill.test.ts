/** Proves that a process that is killed at any moment loses nothing that it has acknowledged. */
import { expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { dispatchesUpdated, type Update } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';

const rounds = 5;
const next = ['ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'COMPLETADO'] as const;

test('kill -9 during writes: every acknowledged change is kept, and its subscribers get it', async () => {
  // The record is read in one query in the end, which costs more than others may.
  const server = await tServerProcess({ MAX_COST: '50000' });
  const { ask, token } = server.client;
  const acknowledged = new Map<string, number>();
  let stopped = false;

  const note = ({ id, version }: { id: string; version: number }) =>
    acknowledged.set(id, Math.max(version, acknowledged.get(id) ?? 0));

  /** Creates dispatches and changes their status, one after the other, through every outage. */
  async function write(): Promise<void> {
    while (!stopped) {
      try {
        const created = await ask<{ createDispatch: { id: string; version: number } }>(
          'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id version } }',
        );
        const { id, version } = created.data!.createDispatch;
        note({ id, version });
        for (const estado of next) {
          const query =
            estado === 'ASIGNADO'
              ? `mutation { changed: assignDispatch(id: "${id}", ambulanciaId: "1") { id version } }`
              : `mutation { changed: updateDispatchStatus(id: "${id}", estado: ${estado}) { id version } }`;
          note((await ask<{ changed: { id: string; version: number } }>(query)).data!.changed);
        }
      } catch (error) {
        // The process was killed during this request: it may have been executed or not, and nothing was acknowledged.
        if ((error as Error).name !== 'TypeError') throw error;
        await restarted;
      }
    }
  }

  let restarted: Promise<unknown> = Promise.resolve();
  const { data } = await ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
  const client = tClient(server.wsUrl, await token(), {
    retryAttempts: Infinity,
    retryWait: () => restarted.then(() => undefined),
    shouldRetry: () => true,
  });
  const latest = new Map<string, number>();
  const wrong: string[] = [];
  let enough = 0;
  let heard = Promise.withResolvers<void>();
  const shown = subscribe<Update>(
    client,
    dispatchesUpdated,
    { after: data!.dispatchesCursor },
    ({ dispatch, changeType }) => {
      const before = latest.get(dispatch.id) ?? 0;
      // A snapshot may repeat a known version, and may skip some; an event may do neither.
      const inOrder =
        changeType === 'SNAPSHOT' ? dispatch.version >= before : dispatch.version === before + 1;
      if (!inOrder) wrong.push(`${changeType} ${dispatch.id}: ${dispatch.version} after ${before}`);
      latest.set(dispatch.id, dispatch.version);
      if (latest.size >= enough) heard.resolve();
    },
  );
  const writing = Promise.all([write(), write(), write()]);

  for (let round = 0; round < rounds; round += 1) {
    heard = Promise.withResolvers<void>();
    enough = latest.size + 10;
    await heard.promise;
    const restart = Promise.withResolvers<void>();
    restarted = restart.promise;
    await server.kill('SIGKILL');
    await server.start();
    restart.resolve();
  }
  stopped = true;
  await writing;

  await shown.until(() => [...acknowledged].every(([id, version]) => (latest.get(id) ?? 0) >= version));
  const inRecord = await ask<{ despachos: { id: string; version: number; historial: unknown[] }[] }>(
    '{ despachos(limit: 500) { id version historial { changeType } } }',
  );
  const stored = new Map(inRecord.data!.despachos.map((dispatch) => [dispatch.id, dispatch]));
  for (const [id, version] of acknowledged) {
    expect(stored.get(id)!.version).toBeGreaterThanOrEqual(version);
    expect(stored.get(id)!.historial).toHaveLength(stored.get(id)!.version);
  }
  expect(wrong).toEqual([]);
  expect(latest.size).toBeGreaterThanOrEqual(rounds * 10);
}, 180_000);
