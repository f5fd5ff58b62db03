/** The faults that processes, Redis and PostgreSQL have behind routers, and what is changed while they last. */
import { assign } from '../../operations.ts';
import type { ServerProcess } from '../../server-process.ts';
import { until } from '../../until.ts';
import type { FaultScene } from './scene.ts';

/** As many as have no divisor in common with the number of processes: each process gets each of them in turn. */
const kinds = [
  'SIGKILL',
  'SIGTERM',
  'SIGSTOP',
  'Redis',
  'SIGKILL',
  'SIGTERM',
  'SIGSTOP',
  'PostgreSQL',
] as const;

/** A process may have to find its stores again first. */
const changeMs = 60_000;

type Scene = Pick<FaultScene, 'servers' | 'redis' | 'postgres'>;

/**
 * Plays the fault of this number, changes everything while it lasts and when it is over. `isShown` resolves when what a process knows has
 * reached the clients that do nothing: so long a process stands still, since else no other would have gone on in its place.
 */
export async function playFault(
  { servers, redis, postgres }: Scene,
  ids: readonly string[],
  number: number,
  isShown: (server: ServerProcess) => Promise<unknown>,
): Promise<void> {
  const kind = kinds[number % kinds.length]!;
  const hit = servers[number % servers.length]!;
  const other = servers[(number + 1) % servers.length]!;
  const during = () => changeAll(other, ids, `${number}-during`);
  if (kind === 'Redis') {
    await redis.kill();
    await during();
    await redis.restart();
  } else if (kind === 'PostgreSQL') {
    await postgres.kill();
    // Nothing can be changed meanwhile.
    await isChanged(other, ids[0]!, `${number}-during`);
    await postgres.restart();
  } else if (kind === 'SIGSTOP') {
    hit.signal('SIGSTOP');
    await during();
    await isShown(other);
    hit.signal('SIGCONT');
  } else {
    await hit.kill(kind);
    await during();
    await hit.start();
  }
  await changeAll(other, ids, `${number}-after`);
}

/** Changes every dispatch once, through this process. A change that fails may have been made. */
async function changeAll(server: ServerProcess, ids: readonly string[], round: string): Promise<void> {
  for (const id of ids) await until('a change is made', () => isChanged(server, id, round), changeMs);
}

const isChanged = ({ client }: ServerProcess, id: string, round: string): Promise<boolean> =>
  assign(client, id, `A-${round}`).then(
    () => true,
    () => false,
  );
