/** What happens to a stream through a gateway, and what its client sees of it. */
import type { TokenClaims } from '../../../../src/auth/issue-token.ts';
import type { Shown } from '../../graphql-client.ts';
import { assign, type Update } from '../../operations.ts';
import { until } from '../../until.ts';
import type { WayScene } from './scene.ts';

export interface WayEvent {
  readonly what: string;
  /** Of the client. Default: those of a dispatcher, for an hour. */
  readonly claims?: Partial<TokenClaims>;
  readonly ttlMs?: number;
  /** Default: nothing happens but time. */
  readonly play?: (scene: WayScene) => Promise<unknown>;
}

export const wayEvents: readonly WayEvent[] = [
  { what: 'a permission is missing', claims: { permissions: [] } },
  {
    what: 'the process is drained and starts again',
    play: async ({ service }) => {
      await service.kill('SIGTERM');
      await service.start();
    },
  },
  {
    what: 'the process is killed and starts again',
    play: async ({ service }) => {
      await service.kill('SIGKILL');
      await service.start();
    },
  },
  {
    what: 'the process stands still for a second',
    play: async ({ service }) => {
      service.signal('SIGSTOP');
      const silence = AbortSignal.timeout(1_000);
      await fetch(`${service.url}/health/live`, { signal: silence }).catch(() => undefined);
      service.signal('SIGCONT');
    },
  },
  // Long enough for a stream to begin on a busy machine.
  { what: 'the token expires', ttlMs: 20_000 },
  {
    what: 'an admin ends the session',
    play: async ({ service: { client } }) => {
      const admin = await client.token({ sub: 'root', role: 'admin' });
      await client.ask('mutation { endSession(userId: "ana", reason: "a test") { userId } }', {}, admin);
    },
  },
];

const watchMs = 120_000;

/** What a client sees of it, in words. A stream that ends without an error is one that ends silently. */
export async function seeEvent(
  scene: WayScene,
  { claims, ttlMs, play = async () => undefined }: WayEvent,
): Promise<string> {
  const { client } = scene.service;
  const shown = scene.watch(await client.token(claims, ttlMs));
  await until('it has begun', () => shown.events.length > 0 || shown.isComplete(), watchMs);
  if (shown.events.length === 0) return `refused: ${told(shown)}`;
  await play(scene);
  // What has to end ends by itself: only what goes on is shown a change.
  if (ttlMs === undefined) await until('it is changed', () => isAssigned(scene), watchMs);
  await until('it goes on or has ended', () => isUpToDate(shown) || shown.isComplete(), watchMs);
  return shown.isComplete() ? `ends: ${told(shown)}; ${await seeReturn(scene, shown)}` : 'goes on';
}

const isUpToDate = ({ events }: Shown<Update>) => events.at(-1)!.dispatch.version > 1;

const isAssigned = ({ service, id }: WayScene): Promise<boolean> =>
  assign(service.client, id, 'A-1').then(
    () => true,
    () => false,
  );

/** Whether a client with another token, and the last cursor, is shown all that came behind it. */
async function seeReturn(scene: WayScene, { events }: Shown<Update>): Promise<string> {
  const { client } = scene.service;
  const last = events.at(-1)!;
  await until('it is changed', () => isAssigned(scene), watchMs);
  // Whose session was ended is let in again by an admin alone.
  const again = scene.watch(await client.token({ sub: 'eva' }), { after: last.cursor });
  await until('it is back', () => again.events.length > 0 || again.isComplete(), watchMs);
  const [first] = again.events;
  if (!first) return `does not come back: ${told(again)}`;
  const isWhole = first.dispatch.version === last.dispatch.version + 1 || first.changeType === 'SNAPSHOT';
  return isWhole ? 'back with its cursor, nothing lost' : 'back with its cursor, something lost';
}

function told({ failures }: Shown<Update>): string {
  const codes = failures.map(
    (failure) => (failure as { extensions?: { code?: string } }).extensions?.code ?? 'the connection breaks',
  );
  return codes.length === 0
    ? 'silently'
    : [...new Set(codes)].map((code) => (/^[A-Z_]+$/.test(code) ? `\`${code}\`` : code)).join(', ');
}
