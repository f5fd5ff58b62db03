/** Provokes each code behind a router, and looks at what its client is told. */
import { subscribe, type Shown } from '../../graphql-client.ts';
import { until } from '../../until.ts';
import { tRouterClient, type Protocol } from '../router-clients.ts';
import type { Asked, CodeCase, Watched } from './cases.ts';
import type { Scene } from './scene.ts';

/** What the client of a router is told, in order: codes, and how it ends where nothing says why. */
export type Told = readonly string[];

export interface Measured {
  readonly ask?: Told;
  readonly watch?: Told;
}

/** `protocol`: that of the client that subscribes; undefined where the router has no subscriptions. */
export async function measure(
  scene: Scene,
  cases: readonly CodeCase[],
  protocol: Protocol | undefined,
): Promise<ReadonlyMap<CodeCase, Measured>> {
  const measured = new Map<CodeCase, Measured>();
  for (const one of cases) {
    await one.before?.(scene);
    const ask = one.ask && (await toldOf(scene, one, one.ask));
    const watch = one.watch && protocol && (await toldTo(scene, one, one.watch, protocol));
    measured.set(one, { ...(ask && { ask }), ...(watch && { watch }) });
    await one.after?.(scene);
  }
  return measured;
}

const tokenOf = (scene: Scene, { when }: CodeCase, { token }: Asked) =>
  token ? token(scene) : scene.token(when);

async function toldOf(scene: Scene, one: CodeCase, asked: NonNullable<CodeCase['ask']>): Promise<Told> {
  const { router } = scene;
  const token = await tokenOf(scene, one, asked);
  const ask = () => router.ask(asked.query, asked.variables?.(scene), token);
  for (let before = 1; before < (asked.times ?? 1); before += 1) await ask();
  const { status, errors = [] } = await ask();
  return [...(status === 200 ? [] : [`status ${status}`]), ...errors.map(codeOf)];
}

async function toldTo(scene: Scene, one: CodeCase, watched: Watched, protocol: Protocol): Promise<Told> {
  const { router } = scene;
  const token = await tokenOf(scene, one, watched);
  const watch = () => {
    const client = tRouterClient(router, protocol, token);
    return subscribe(client, watched.query, { ...watched.variables?.(scene) });
  };
  const others: Shown<unknown>[] = [];
  for (let before = 1; before < (watched.times ?? 1); before += 1) {
    const other = watch();
    others.push(other);
    await other.until((events) => events.length > 0);
  }
  const shown = watch();
  if (watched.meanwhile) {
    await shown.until((events) => events.length > 0);
    await watched.meanwhile(scene);
  }
  await shown.ended();
  for (const other of others) other.unsubscribe();
  if (others.length > 0)
    await until('the others are left', async () => {
      const left = await router.service.client.metric('dispatch_subscriptions');
      return left === 0;
    });
  return shown.failures.length > 0 ? shown.failures.map(codeOf) : ['a normal end'];
}

/** Of a GraphQL error its code; of anything else with which a client gives up what it is. */
function codeOf(failure: unknown): string {
  const { extensions, code, message } = failure as {
    readonly extensions?: { readonly code?: unknown };
    readonly code?: unknown;
    readonly message?: string;
  };
  if (typeof extensions?.code === 'string') return extensions.code;
  if (typeof code === 'number') return `closed with ${code}`;
  return `an error without a code (${message})`;
}
