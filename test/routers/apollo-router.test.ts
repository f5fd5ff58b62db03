/** Proves that queries and joins run through a real Apollo Router, if its binary is installed. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { startFleet } from '../../examples/fleet/server.ts';
import { compose } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { tApp } from '../support/app.ts';
import { createTestClient } from '../support/test-client.ts';
import { leash } from '../support/leash.ts';
import { createDispatch, createDispatches } from '../support/operations.ts';
import { freePort } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const { APOLLO_ROUTER_BIN: binary } = process.env;
const project = resolve(import.meta.dirname, '../..');

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** The recommended configuration with free ports, and without subscriptions, for which the router needs a licence. */
function configOn(port: number, healthPort: number): string {
  const { subscription: _needsLicence, ...config } = parse(
    readFileSync(resolve(project, 'router.yaml'), 'utf8'),
  ) as Record<string, unknown>;
  return stringify({
    ...config,
    supergraph: { listen: `127.0.0.1:${port}` },
    health_check: { listen: `127.0.0.1:${healthPort}` },
  });
}

/** The router in front of a service and the fleet; it is stopped after the test. */
async function tRouter() {
  const app = await tApp();
  const vehicles = new Map<string, Vehicle>();
  const fleet = await startFleet({ port: 0, vehicles });
  undos.push(() => fleet.close());
  const urls: Record<string, string> = { websocket: `${app.url}/graphql`, fleet: fleet.url };
  const subgraphs = readSupergraph(project, 'supergraph.yaml').map((it) => ({
    ...it,
    url: urls[it.name] ?? it.url,
  }));
  const folder = await mkdtemp(join(tmpdir(), 'router-'));
  undos.push(() => rm(folder, { recursive: true }));
  const [port, healthPort] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'supergraph.graphql'), compose(subgraphs).supergraphSdl!);
  await writeFile(join(folder, 'router.yaml'), configOn(port, healthPort));
  const [command = '', ...args] = [
    ...leash,
    binary!,
    '--supergraph',
    'supergraph.graphql',
    '--config',
    'router.yaml',
  ];
  const router = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [router.stdout, router.stderr]) stream.on('data', (bytes) => said.push(String(bytes)));
  const ended = new Promise((resolved) => router.once('exit', resolved));
  undos.push(() => {
    router.kill();
    return ended;
  });
  await until(
    'the router is healthy',
    async () => {
      if (router.exitCode !== null) throw new Error(`The router exited:\n${said.join('')}`);
      const health = await fetch(`http://127.0.0.1:${healthPort}/health`).catch(() => null);
      return health?.ok;
    },
    30_000,
  );
  // The router serves GraphQL at the path /.
  const client = createTestClient(`http://127.0.0.1:${port}`, app.config, '/');
  return { app, vehicles, ...client };
}

const whySkipped = 'APOLLO_ROUTER_BIN does not name the binary of Apollo Router';

if (binary === undefined) {
  process.stderr.write(`Skipped: the tests through Apollo Router. ${whySkipped}.\n`);
  test.skip(`through Apollo Router: ${whySkipped}`, () => undefined);
} else
  describe('through Apollo Router', () => {
    test('joins work both ways, and mutations too', async () => {
      const router = await tRouter();
      const id = await createDispatch(router);
      router.vehicles.set('A1', { id: 'A1', placa: '2045-KLP', currentDispatchId: id });
      const assigned = await router.ask(
        'mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A1") { estado vehicle { placa } } }',
        { id },
      );
      expect(assigned.data).toEqual({
        assignDispatch: { estado: 'ASIGNADO', vehicle: { placa: '2045-KLP' } },
      });
      const { data } = await router.ask('{ vehicles { id currentDispatch { id estado vehicle { id } } } }');
      expect(data).toEqual({
        vehicles: [{ id: 'A1', currentDispatch: { id, estado: 'ASIGNADO', vehicle: { id: 'A1' } } }],
      });
    }, 60_000);

    test('a join over 3,000 different dispatches fits into a request', async () => {
      const router = await tRouter();
      const ids = await createDispatches(router.app, 3_000);
      for (const id of ids) router.vehicles.set(`A${id}`, { id: `A${id}`, placa: id, currentDispatchId: id });
      const { data } = await router.ask('{ vehicles { currentDispatch { id version } } }');
      expect(data).toEqual({ vehicles: ids.map((id) => ({ currentDispatch: { id, version: 1 } })) });
    }, 60_000);

    test('tokens are passed on, and error codes come back', async () => {
      const router = await tRouter();
      await createDispatch(router);
      const nobody = await router.token({ sub: 'nobody', permissions: [] });
      const { errors } = await router.ask('{ despachos { id } }', {}, nobody);
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }, 60_000);
  });
