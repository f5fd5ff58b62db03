/** Proves that track and position are what was measured, in the order in which it was measured, however it arrives. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import {
  createFleet,
  orderOf,
  trackOf,
  type Fix,
  type Journey,
  type ShownPosition,
} from '../support/fleet.ts';
import { subscribe, tClient, type Shown } from '../support/graphql-client.ts';
import { tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { createDispatches } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const isFull = process.env['FAULTS'] === 'full';
const size = isFull ? { ambulances: 50, fixes: 10_000 } : { ambulances: 10, fixes: 600 };
const timeoutMs = isFull ? 600_000 : 60_000;
const perRequest = 10;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

const position = 'latitud longitud recordedAt receivedAt';

interface Taken {
  readonly fix: Fix;
  readonly shown: ShownPosition;
}

/** Reports some positions, one after the other. Resolves with those that were taken, and the reasons for those that were not. */
async function report(server: ServerProcess, token: string, id: string, fixes: readonly Fix[]) {
  const fields = fixes.map(
    (_, index) => `p${index}: reportLocation(despachoId: "${id}", input: $i${index}) { ${position} }`,
  );
  const variables = fixes.map((_, index) => `$i${index}: LocationInput!`);
  const { data, errors = [] } = await server.client.ask<Record<string, ShownPosition | null>>(
    `mutation (${variables.join(', ')}) { ${fields.join(' ')} }`,
    Object.fromEntries(fixes.map((fix, index) => [`i${index}`, fix])),
    token,
  );
  const taken = fixes.flatMap((fix, index): Taken[] => {
    const shown = data?.[`p${index}`];
    return shown ? [{ fix, shown }] : [];
  });
  return {
    taken,
    refusals: errors.map(({ extensions }) => `${String(extensions['code'])} ${String(extensions['reason'])}`),
  };
}

/** One ambulance's device, which sends what it has in the order in which it arrives. */
async function drive(server: ServerProcess, id: string, { fixes }: Journey) {
  const token = await server.client.token({ sub: `device-${id}`, role: 'system' });
  const all = { taken: [] as Taken[], refusals: [] as string[] };
  for (let next = 0; next < fixes.length; next += perRequest) {
    const { taken, refusals } = await report(server, token, id, fixes.slice(next, next + perRequest));
    all.taken.push(...taken);
    all.refusals.push(...refusals);
  }
  return all;
}

type Update = { readonly snapshot: boolean; readonly location: ShownPosition | null };

/** Opens the stream of each dispatch. */
async function watch(server: ServerProcess, ids: readonly string[]): Promise<Shown<Update>[]> {
  const token = await server.client.token({ sub: 'doctor', role: 'doctor' });
  const query = `subscription ($id: ID!) { locationUpdated(despachoId: $id) { snapshot location { ${position} } } }`;
  const client = tClient(server.wsUrl, token);
  const streams = ids.map((id) => subscribe<Update>(client, query, { id }));
  await Promise.all(streams.map((stream) => stream.until(({ length }) => length > 0)));
  return streams;
}

const environments = {
  SQLite: () => Promise.resolve({}),
  PostgreSQL: async () => ({ DATABASE_URL: await postgres.createDatabase() }),
  'MS Despacho': async () => ({ MS_DESPACHO_URL: (await tMsDespacho()).url }),
};

test.each(Object.keys(environments) as (keyof typeof environments)[])(
  `${size.fixes} positions of ${size.ambulances} ambulances, on %s: shuffled, doubled, delayed, from nowhere and by wrong clocks`,
  async (record) => {
    const server = await tServerProcess(await environments[record]());
    const ids = await createDispatches(server.client, size.ambulances);
    const streams = await watch(server, ids);
    const fleet = createFleet({ ...size, random: createRandom(15), endsAt: Date.now() });
    const driven = await Promise.all(fleet.map((journey, index) => drive(server, ids[index]!, journey)));

    const nowhere = fleet.map(({ fixes }) => fixes.filter(({ latitud }) => latitud === 0).length);
    expect(nowhere.some((count) => count > 0)).toBe(true);
    expect(driven.map(({ refusals }) => refusals)).toEqual(
      nowhere.map((count) => Array.from({ length: count }, () => 'BAD_USER_INPUT NO_FIX')),
    );
    for (const [index, { taken }] of driven.entries()) {
      const id = ids[index]!;
      const wanted = trackOf(taken);
      const { data } = await server.client.ask<{
        dispatch: { ubicacionActual: ShownPosition; rastreo: ShownPosition[] };
      }>(`{ dispatch(id: "${id}") { ubicacionActual { ${position} } rastreo(limit: 500) { ${position} } } }`);
      expect(data!.dispatch.rastreo).toEqual(wanted);
      expect(data!.dispatch.ubicacionActual).toEqual(wanted[0]);

      const stream = streams[index]!;
      const shown = await until('the stream shows the newest', () => {
        const locations = stream.events.flatMap(({ location }) => location ?? []);
        return locations.at(-1)?.recordedAt === wanted[0]!.recordedAt ? locations : undefined;
      });
      const orders = shown.map(orderOf);
      expect(orders).toEqual(orders.toSorted());
      expect(stream.failures).toEqual([]);
    }
    const arrived = driven.reduce((sum, { taken }) => sum + taken.length, 0);
    expect(await server.client.metric('dispatch_positions_total')).toBe(arrived);
    expect(await server.client.metric('dispatch_device_clocks_off')).toBeGreaterThan(0);
  },
  timeoutMs,
);
