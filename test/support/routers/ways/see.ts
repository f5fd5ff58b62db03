/** What the client of a gateway sees of what happens to its stream, in words. */
import { randomUUID } from 'node:crypto';
import { subscribe, type Shown, type Subscribing } from '../../graphql-client.ts';
import { dispatchesUpdated, dispatchUpdated, type Update } from '../../operations.ts';
import { until } from '../../until.ts';
import type { Prepared, WayEvent } from './events.ts';
import type { WayScene } from './scene.ts';

const watchMs = 120_000;

/** A stream that ends without an error is one that ends silently. */
export async function seeEvent(
  begin: (prepared?: Prepared) => Promise<WayScene>,
  { claims, ttlMs, endsByItself, isBoard, query = dispatchUpdated, prepare, play }: WayEvent,
): Promise<string> {
  const prepared = await prepare?.();
  const scene = await begin(prepared);
  const { service, id } = scene;
  const watch = (by: Subscribing, after?: string) =>
    subscribe<Update>(by, isBoard ? dispatchesUpdated : query, {
      ...(!isBoard && { id }),
      ...(after && { after }),
    });
  const client = scene.client(prepared?.token ?? (await service.client.token(claims, ttlMs)));
  const shown = watch(client);
  const hasEnded = () => shown.isComplete();
  await untilShown(scene, isBoard ?? false, () => shown.events.length > 0 || hasEnded());
  if (shown.events.length === 0) return `refused: ${told(shown)}`;
  await prepared?.play(scene);
  await play?.(scene, client);
  // What ends by itself is not changed: it might be shown that first.
  const version = endsByItself ? Infinity : await changed(scene);
  const isUpToDate = () => shown.events.at(-1)!.dispatch.version >= version;
  await untilShown(scene, !endsByItself, () => isUpToDate() || hasEnded());
  if (!hasEnded()) return `goes on${isWhole(shown.events) ? '' : ', something lost without a word'}`;
  // Whose session was ended is let in again by an admin alone.
  const another = scene.client(await service.client.token({ sub: 'eva' }));
  const last = shown.events.at(-1)!;
  return `ends: ${told(shown)}; ${await seeReturn(watch(another, last.cursor), last, await changed(scene))}`;
}

/** Until its client has been shown something. `isChanged`: what was lost shows with the change after it, so one comes every second. */
async function untilShown(scene: WayScene, isChanged: boolean, isThere: () => boolean): Promise<void> {
  let changedAt = performance.now();
  const look = async () => {
    if (isChanged && !isThere() && performance.now() - changedAt > 1_000) {
      await changed(scene);
      changedAt = performance.now();
    }
    return isThere();
  };
  await until('it is shown, or its stream has ended', look, watchMs);
}

/** The version that a change makes, once one can be made. */
const changed = (scene: WayScene): Promise<number> =>
  until(
    'it is changed',
    async () => {
      const { service, id } = scene;
      const query =
        'mutation ($id: ID!, $ambulance: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulance) { version } }';
      // The process may be away.
      const answer = await service.client
        .ask<{ assignDispatch: { version: number } | null }>(query, { id, ambulance: randomUUID() })
        .catch(() => null);
      return answer?.data?.assignDispatch?.version;
    },
    watchMs,
  );

/** Whether who has come back behind an event is shown all up to a version. */
async function seeReturn(again: Shown<Update>, last: Update, version: number): Promise<string> {
  const isBack = () => again.events.some(({ dispatch }) => dispatch.version >= version);
  await until('it is back', () => isBack() || again.isComplete(), watchMs);
  if (!isBack()) return `does not come back: ${told(again)}`;
  return `back with its cursor, ${isWhole([last, ...again.events]) ? 'nothing' : 'something'} lost`;
}

/** Whether each event follows the one before, or is a state that stands for all before it. Some come twice. */
const isWhole = (events: readonly Update[]): boolean =>
  events.every(
    ({ changeType, dispatch }, at) =>
      at === 0 || changeType === 'SNAPSHOT' || dispatch.version <= events[at - 1]!.dispatch.version + 1,
  );

function told({ failures }: Shown<Update>): string {
  const codes = failures.map(
    (failure) => (failure as { extensions?: { code?: string } }).extensions?.code ?? 'the connection breaks',
  );
  return codes.length === 0
    ? 'silently'
    : [...new Set(codes)].map((code) => (/^[A-Z_]+$/.test(code) ? `\`${code}\`` : code)).join(', ');
}
