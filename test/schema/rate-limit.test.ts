/** What `@rateLimit` promises. */
import { expect, test } from '@jest/globals';
import { codeOf, tSubgraph, viewer } from '../support/subgraph.ts';

const away = 'mutation { updateUserStatus(status: AWAY) { id } }';
const limitOfSchema = 60;

async function useUp(ask: (query: string) => Promise<unknown>, count: number): Promise<void> {
  for (let use = 0; use < count; use += 1) await ask(away);
}

test('a viewer who uses a field too often is told when to come back; others are not affected', async () => {
  const { ask, metrics } = await tSubgraph();
  const ana = viewer('dispatcher', { id: 'ana' });
  await useUp((query) => ask(ana, query), limitOfSchema - 1);
  expect(codeOf(await ask(ana, away))).toBeUndefined();

  const refused = await ask(ana, away);

  expect(codeOf(refused)).toBe('RATE_LIMITED');
  const retryAfterMs = refused.errors![0]!.extensions.retryAfterMs as number;
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(refused.errors![0]!.message).toMatch(/^updateUserStatus was used too often; try again in \d+ s\.$/);
  expect(await metrics.registry.getSingleMetricAsString('dispatch_rate_limited_total')).toContain(
    'limit="Mutation.updateUserStatus"} 1',
  );
  expect(codeOf(await ask(viewer('dispatcher', { id: 'bob' }), away))).toBeUndefined();
  const other = 'mutation { broadcastMessage(channel: "c", message: "m") { id } }';
  expect(codeOf(await ask(ana, other))).toBeUndefined();
});

test('aliases are uses', async () => {
  const { ask } = await tSubgraph({ rateLimitScale: 0.05 });
  const uses = Array.from({ length: 4 }, (_, index) => `u${index}: updateUserStatus(status: BUSY) { id }`);
  const result = await ask(viewer('doctor'), `mutation { ${uses.join(' ')} }`);
  expect(result.errors?.map(({ path }) => path?.[0])).toEqual(['u3']);
});

test('limits scale with the configuration, and 0 turns them off', async () => {
  const tight = await tSubgraph({ rateLimitScale: 1 / limitOfSchema });
  expect(codeOf(await tight.ask(viewer('doctor'), away))).toBeUndefined();
  expect(codeOf(await tight.ask(viewer('doctor'), away))).toBe('RATE_LIMITED');

  const off = await tSubgraph({ rateLimitScale: 0 });
  await useUp((query) => off.ask(viewer('doctor'), query), limitOfSchema);
  expect(codeOf(await off.ask(viewer('doctor'), away))).toBeUndefined();
});

test('exempt roles have no limit', async () => {
  const { ask } = await tSubgraph({ rateLimitScale: 1 / limitOfSchema });
  await ask(viewer('system'), away);
  expect(codeOf(await ask(viewer('system'), away))).toBeUndefined();
});

test('a refused viewer does not use up the limit of the field', async () => {
  const { ask } = await tSubgraph({ rateLimitScale: 1 / 300 });
  const create = 'mutation { createDispatch(input: {origen: {latitud: 1, longitud: 1}}) { id } }';
  const ana = viewer('doctor', { id: 'ana' });
  expect(codeOf(await ask(ana, create))).toBe('FORBIDDEN');
  expect(codeOf(await ask(ana, create))).toBe('FORBIDDEN');
  expect(codeOf(await ask(viewer('dispatcher', { id: 'ana' }), create))).toBeUndefined();
});
