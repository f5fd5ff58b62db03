/** The workloads over HTTP: `entities`, the query of a federation router, and `list`, the query of a page. */
import { heldDispatches } from '../dispatches.ts';
import type { Stage } from '../stage.ts';
import { scaledMs, type Figures, type Workload } from './workload.ts';

const connections = 8;
const warmUpMs = 8_000;
const windowMs = 4_000;

const selection =
  '{ id estado prioridad incidente origen { latitud longitud direccion } observaciones distanciaKm tiempoEstimadoMin version }';

export const askedOverHttp = {
  entities: {
    query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Dispatch ${selection} } }`,
    variables: {
      representations: [1, 2, 3, 4, 5].map((id) => ({ __typename: 'Dispatch', id: String(id) })),
    },
  },
  list: { query: `query { despachos(limit: 20) ${selection} }`, variables: {} },
} as const;

export type AskedOverHttp = keyof typeof askedOverHttp;

export const http: Workload = {
  name: 'http',
  what: 'entities: _entities × 5; list: 20 dispatches; over 8 connections',
  subjects: ['ours', 'plain', 'yoga', 'mercurius'],
  run: (run) =>
    run.on({ sockets: 1, dispatches: heldDispatches, isHttp: true }, async (stage) => {
      const entities = await ask(stage, 'entities', run.scale);
      const list = await ask(stage, 'list', run.scale);
      return {
        rows: [
          { workload: 'entities', figures: entities.figures },
          { workload: 'list', figures: list.figures },
        ],
        samples: [entities.answer, list.answer],
      };
    }),
};

async function ask(
  stage: Stage,
  what: AskedOverHttp,
  scale: number,
): Promise<{ figures: Figures; answer: unknown }> {
  const { requests, seconds, cpuSeconds, waitedSeconds, p50Ms, p99Ms, answer } = await stage.profiled(
    what,
    () => askWindow(stage, askedOverHttp[what], { warmUpMs, durationMs: windowMs }, scale),
  );
  const requestsPerCpuSecond = cpuSeconds > 0 ? requests / cpuSeconds : null;
  const figures = {
    ...{ requestsPerCpuSecond, requestsPerSecond: requests / seconds, p50Ms, p99Ms },
    waitedShare: waitedSeconds / seconds,
  };
  return { figures, answer };
}

/** Asks the same again and again over all connections, and measures the second of the two times. */
export function askWindow(
  { generator, server, opening }: Pick<Stage, 'generator' | 'server' | 'opening'>,
  asked: (typeof askedOverHttp)[AskedOverHttp],
  times: { readonly warmUpMs: number; readonly durationMs: number },
  scale: number,
) {
  return generator.ask('ask', {
    ...asked,
    connections,
    port: opening.port,
    token: opening.tokens[0] ?? null,
    pid: server.pid,
    warmUpMs: scaledMs(times.warmUpMs, scale),
    durationMs: scaledMs(times.durationMs, scale),
  });
}
