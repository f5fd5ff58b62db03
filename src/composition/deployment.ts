/** Makes sure that the stores and the database belong to the same deployment, and says whether that is new. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database.ts';
import { agreeOnMetadata, readMetadata } from '../db/metadata.ts';
import { repeat } from '../lib/repeat.ts';
import { SettingError } from '../lib/setting-error.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { DeploymentMark } from '../stores/deployment-mark.ts';
import type { AppContext } from './app-context.ts';
import type { Stores } from './stores.ts';
import { whenReachable } from './wait-at-start.ts';

const renewMs = 60 * 60_000;

/**
 * The identity of a deployment is in its database, so that it goes along with a dump. Redis is marked with it by whoever comes
 * first, also after it was emptied. A process that finds the mark of another deployment does not start; one that
 * runs already goes on, and says so in the log.
 *
 * A deployment that has no identity yet is new: slots that are not there were not lost.
 *
 * @throws SettingError when the mark is another deployment's
 */
export async function claimStores(context: AppContext, database: Database, stores: Stores): Promise<void> {
  const { mark } = stores;
  const { record } = context.config;
  // A database that keeps nothing has no identity.
  if (record.kind === 'sqlite' && record.dataDir === ':memory:') return declareNew(stores);
  const known = await whenReachable(context, () => readMetadata(database, 'deployment'));
  // Before anybody else can know of it.
  if (known === null) await declareNew(stores);
  const id =
    known ?? (await whenReachable(context, () => agreeOnMetadata(database, 'deployment', randomUUID())));
  if (!mark) return;
  try {
    // Where it is away, it is claimed when it is back.
    if (mark.isReachable && (await mark.claim(id)) !== id)
      throw new SettingError('REDIS_URL', describeStranger(mark));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
  keepClaiming(context, mark, stores, id);
}

/** Where Redis is away, some streams of the first clients begin with a snapshot. */
async function declareNew({ slots }: Stores): Promise<void> {
  try {
    await slots.declareNew();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
}

function keepClaiming(
  { clock, log, parts }: AppContext,
  mark: DeploymentMark,
  { onReconnect }: Stores,
  id: string,
): void {
  const run = async () => {
    if ((await mark.claim(id)) !== id) log.error(`REDIS_URL ${describeStranger(mark)}`);
  };
  const onError = (error: unknown) => log.warn({ err: error }, 'the mark in Redis could not be renewed');
  parts.add(
    'the mark of this deployment after an outage',
    onReconnect(() => void run().catch(onError)),
  );
  parts.add('the mark of this deployment', repeat({ clock, everyMs: renewMs, run, onError }));
}

const describeStranger = ({ key }: DeploymentMark) =>
  'and REDIS_PREFIX lead to what another deployment uses, with another database: their clients would be shown the ' +
  'events of both. Give each a prefix or a Redis of its own. If this one is to take the place of the other, ' +
  `end the other and delete the key ${key}.`;
