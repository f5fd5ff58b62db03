/** Fills a service with many dispatches around a city, and moves their ambulances. */
import type { TestClient } from './test-client.ts';

const centre = { latitud: -16.5, longitud: -68.13 };
const spreadDegrees = 0.12;
/** As many mutations as one request may have. */
const batch = 25;

export interface Unit {
  readonly id: string;
  readonly latitud: number;
  readonly longitud: number;
}

/** The same places each time, spread as evenly as by chance. */
function placeOf(index: number): Omit<Unit, 'id'> {
  const share = (factor: number) => (((index + 1) * factor) % 1) - 0.5;
  return {
    latitud: centre.latitud + share(0.754877666) * spreadDegrees,
    longitud: centre.longitud + share(0.569840291) * spreadDegrees * 1.6,
  };
}

async function send<T>(app: TestClient, fields: readonly string[], token?: string): Promise<T[]> {
  const answers: T[] = [];
  for (let from = 0; from < fields.length; from += batch) {
    const some = fields.slice(from, from + batch).map((field, at) => `m${at}: ${field}`);
    const { data, errors } = await app.ask<Record<string, T>>(`mutation { ${some.join(' ')} }`, {}, token);
    if (!data || errors) throw new Error(JSON.stringify(errors));
    answers.push(...some.map((_, at) => data[`m${at}`]!));
  }
  return answers;
}

const priorities = ['BAJA', 'MEDIA', 'MEDIA', 'ALTA', 'MEDIA', 'ALTA', 'MEDIA', 'CRITICA'];
const incidents = ['EMERGENCIA_MEDICA', 'ACCIDENTE', 'EMERGENCIA_MEDICA', 'TRASLADO', 'OTRO'];

/** Adds dispatches up to `count`; three of four have an ambulance on its way, in one of the statuses. Returns those. */
export async function fillTo(
  app: TestClient,
  { from, count }: { from: number; count: number },
): Promise<readonly Unit[]> {
  const indexes = Array.from({ length: count - from }, (_, at) => from + at);
  const created = await send<{ id: string }>(
    app,
    indexes.map((index) => {
      const { latitud, longitud } = placeOf(index);
      const origen = `{ latitud: ${latitud}, longitud: ${longitud}, direccion: "Calle ${index % 97} # ${index}, zona ${index % 12}" }`;
      const kind = `prioridad: ${priorities[index % priorities.length]}, incidente: ${incidents[index % incidents.length]}`;
      return `createDispatch(input: { origen: ${origen}, ${kind} }) { id }`;
    }),
  );
  const units = created
    .map(({ id }, at) => ({ id, index: from + at, ...placeOf(from + at) }))
    .filter(({ index }) => index % 4 > 0);
  await send(
    app,
    units.map(({ id, index }) => `assignDispatch(id: "${id}", ambulanciaId: "A-${index}") { id }`),
  );
  for (const [estado, least] of [
    ['EN_CAMINO', 2],
    ['EN_SITIO', 3],
  ] as const)
    await send(
      app,
      units
        .filter(({ index }) => index % 4 >= least)
        .map(({ id }) => `updateDispatchStatus(id: "${id}", estado: ${estado}) { id }`),
    );
  return units;
}

/** Reports positions, about so many a second, until it is stopped. `stop` resolves to how many were reported a second. */
export function keepMoving(
  app: TestClient,
  units: readonly Unit[],
  perSecond: number,
): { stop(): Promise<number> } {
  let isOver = false;
  let reported = 0;
  const begin = performance.now();
  const run = async () => {
    const token = await app.token({ sub: 'devices', role: 'system' });
    while (!isOver) {
      const dueMs = begin + (reported / perSecond) * 1_000;
      const waitMs = dueMs - performance.now();
      // The pace of devices, which is what is made here: nothing is waited for.
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const some = Array.from({ length: batch - 5 }, (_, at) => units[(reported + at) % units.length]!);
      const step = reported / units.length / 5_000;
      await send(
        app,
        some.map(
          ({ id, latitud, longitud }) =>
            `reportLocation(despachoId: "${id}", input: { latitud: ${latitud + step}, longitud: ${longitud + step}, velocidad: 40 }) { latitud }`,
        ),
        token,
      );
      reported += some.length;
    }
    return Math.round((reported / (performance.now() - begin)) * 1_000);
  };
  const running = run();
  running.catch(() => undefined);
  return {
    stop() {
      isOver = true;
      return running;
    },
  };
}
