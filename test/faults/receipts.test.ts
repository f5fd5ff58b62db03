/** Proves that receipts and what clients have seen agree when processes are killed, drained or frozen. */
import { describe, expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';
import { receiptsOf, untilSeen } from '../support/receipts.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';
import { listen, tUnawareClient } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();

/** Two processes, and a stock client that watches a dispatch over the first one. Changes are made over the second one. */
async function tWatched() {
  const { servers } = await tService({ processes: 2 });
  const [first, second] = servers as [ServerProcess, ServerProcess];
  const id = await createDispatch(second.client);
  const wire = await tCutProxy(first.url);
  const client = tUnawareClient(`ws://${wire.host}/graphql`, await first.client.token({ sub: 'luz' }));
  const shown = listen<Update>(client, dispatchUpdated, { id });
  await shown.until((events) => events.length === 1);
  const versions = () => new Set(shown.events.map(({ dispatch }) => dispatch.version));
  const seen = async () => {
    const receipts = await receiptsOf(second.client, id);
    return new Set(receipts.map(({ version }) => version));
  };
  /** Changes the dispatch to this version. */
  const change = async (version: number) => {
    if (version === 2) await assign(second.client, id);
    else await move(second.client, id, ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'][version - 3]!);
    await shown.until((events) => events.some(({ dispatch }) => dispatch.version === version));
  };
  return { first, second, id, wire, end: shown.unsubscribe, versions, seen, change };
}

describe('receipts', () => {
  test('of a process that is killed miss its last interval at the most, and none was made up', async () => {
    const { first, second, id, wire, end, versions, seen, change } = await tWatched();
    await change(2);
    await untilSeen(second.client, id, 2, 'luz');
    await change(3);
    wire.leadTo(second.url);
    await first.kill('SIGKILL');
    // It comes back to the other process, and is shown what it had not acknowledged, and what comes then.
    await change(4);
    await untilSeen(second.client, id, 4, 'luz');
    const claimed = await seen();
    expect([...claimed].filter((version) => !versions().has(version))).toEqual([]);
    expect([1, 2, 4].filter((version) => !claimed.has(version))).toEqual([]);
    end();
  }, 60_000);

  test('of a process that is drained are complete', async () => {
    const { first, second, id, wire, end, seen, change } = await tWatched();
    for (const version of [2, 3, 4]) await change(version);
    wire.leadTo(second.url);
    // Its client has not been asked since the last change, or not for all that was written.
    const { code } = await first.kill('SIGTERM');
    expect(code).toBe(0);
    expect([...(await seen())].sort()).toEqual([1, 2, 3, 4]);
    const by = await receiptsOf(second.client, id);
    expect(new Set(by.map(({ acknowledgedBy }) => acknowledgedBy))).toEqual(new Set(['CLIENT']));
    end();
  }, 60_000);

  test('of a process that stood still are written when it goes on, and none of what it could not show', async () => {
    const { first, second, id, wire, end, versions, seen, change } = await tWatched();
    await change(2);
    await untilSeen(second.client, id, 2, 'luz');
    first.signal('SIGSTOP');
    // The client hears nothing, and comes back elsewhere.
    wire.leadTo(second.url);
    wire.cut();
    wire.mend();
    await change(3);
    await change(4);
    await untilSeen(second.client, id, 4, 'luz');
    first.signal('SIGCONT');
    await until('the frozen process goes on', async () => (await first.client.ask('{ __typename }')).data);
    await change(5);
    await untilSeen(second.client, id, 5, 'luz');
    expect([...(await seen())].sort()).toEqual([...versions()].sort());
    expect([...versions()].sort()).toEqual([1, 2, 3, 4, 5]);
    end();
  }, 60_000);
});
