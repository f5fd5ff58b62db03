/** A part of the map that tests watch, the places in it and around it, and who watches it. */
import { subscribe, tClient } from './graphql-client.ts';
import { assign, createDispatch, move, reportAt } from './operations.ts';
import type { TestClient } from './test-client.ts';
import type { RunningApp } from './app.ts';
import { until } from './until.ts';

export interface ShownMove {
  readonly cursor: string;
  readonly change: string;
  readonly despachoId: string | null;
  readonly location: { readonly latitud: number; readonly longitud: number } | null;
  readonly recovered: string | null;
}

export const areaQuery = `subscription ($area: BoundingBoxInput!, $estado: DispatchStatus, $rate: Float = 10, $after: Cursor) {
  locationsInArea(area: $area, estado: $estado, maxRatePerSecond: $rate, after: $after) {
    cursor change despachoId location { latitud longitud } recovered } }`;

export const city = { norte: -16.4, sur: -16.6, oeste: -68.2, este: -68 };
export const eastOfIt = { norte: -16.4, sur: -16.6, oeste: -68, este: -67.8 };

/** On one line from west to east: outside of the city, in it, and behind it. */
const at = (longitud: number) => ({ latitud: -16.5, longitud });
export const [west, inside, east] = [at(-68.25), at(-68.1), at(-67.95)];

/** A dispatch whose ambulance is on its way, from there on. */
export async function onItsWay(app: TestClient, place = inside): Promise<string> {
  const id = await createDispatch(app);
  await assign(app, id, `A-${id}`);
  await move(app, id, 'EN_CAMINO');
  await reportAt(app, id, place);
  return id;
}

/** Watches the city over a WebSocket, where the variables name no other part; resolves when that is live. */
export async function watchArea(app: RunningApp, variables: Readonly<Record<string, unknown>> = {}) {
  const before = await app.metric('dispatch_subscriptions');
  const client = tClient(app.wsUrl, await app.token());
  const shown = subscribe<ShownMove>(client, areaQuery, { area: city, ...variables });
  await until('it is live', async () => (await app.metric('dispatch_subscriptions')) > before);
  return shown;
}

/** Each as `change dispatch`. */
export const toldOf = (events: readonly ShownMove[]): string[] =>
  events.map(({ change, despachoId }) => `${change} ${despachoId}`);
