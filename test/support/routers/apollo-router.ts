/** Starts a real Apollo Router in front of this service and the fleet, with the configuration that is recommended. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../server-process.ts';
import { createRealRouter, project, tBehindRouter, type RealRouter } from './behind-router.ts';
import { apolloRouter, findRouter } from './programs.ts';
import { tRouterProcess } from './router-process.ts';

/** router.yaml with other ports, and without subscriptions, for which the router needs a licence. */
function configuration(port: number, healthPort: number): string {
  const { subscription: _needsLicence, ...config } = parse(
    readFileSync(join(project, 'router.yaml'), 'utf8'),
  ) as Record<string, unknown>;
  return stringify({
    ...config,
    supergraph: { listen: `127.0.0.1:${port}`, path: '/graphql' },
    health_check: { listen: `127.0.0.1:${healthPort}` },
  });
}

/** It ends with the test. `env` is that of the service. */
export async function tApolloRouter(env: Record<string, string> = {}): Promise<RealRouter> {
  const behind = await tBehindRouter(env);
  const [port, healthPort] = [await freePort(), await freePort()];
  const process = await tRouterProcess({
    program: findRouter(apolloRouter)!,
    args: ['--supergraph', 'supergraph.graphql', '--config', 'router.yaml'],
    env: { APOLLO_TELEMETRY_DISABLED: 'true' },
    files: { 'supergraph.graphql': behind.supergraph, 'router.yaml': configuration(port, healthPort) },
    healthUrl: `http://127.0.0.1:${healthPort}/health`,
  });
  return createRealRouter(behind, { port, process, env });
}
