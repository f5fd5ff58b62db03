/** The command `npm run move`: moves the record from the embedded database to PostgreSQL. */
import { ConfigError, parseConfig, readEnv } from '../../config/config.ts';
import { moveRecord } from '../../db/move/move.ts';
import { MoveRefused } from '../../db/move/move-rows.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import { createLogger } from '../../observability/log.ts';
import { parseCommandLine, runCommand, UsageError } from '../command.ts';

const usage = `Copies the embedded database (DATA_DIR) into the PostgreSQL of DATABASE_URL, which must be empty: dispatches with their
history, positions, messages, who follows what, receipts, idempotency keys, ended sessions, the secret of cursors. The
service must have ended. All of it or nothing; the embedded database stays as it is.

  npm run move

  --help   this text

Then start the service with DATABASE_URL, and with REDIS_URL if there are to be several processes. Clients' cursors stay good:
streams begin with a snapshot once, as they do after any restart on embedded stores.
Exit codes: 0 moved, 1 not, and nothing was changed, 2 the command line cannot be used.
`;

async function run(args: readonly string[]): Promise<number> {
  parseCommandLine(args, {});
  const env = readEnv();
  const config = parseConfig(env);
  const { record } = config;
  const folder = env['DATA_DIR']?.trim() || '.data';
  if (record.kind !== 'postgres') throw new UsageError('DATABASE_URL is not set: the PostgreSQL to move to.');
  if (folder === ':memory:') throw new UsageError('DATA_DIR is :memory:, of which nothing is kept.');
  const { ca, maxConnections, maxConnectionAgeMs } = record;
  await moveRecord({
    ...{ folder, log: createLogger('warn') },
    to: { url: record.url.reveal(), ca, maxConnections, maxConnectionAgeMs },
    onTable: (table, rows) => process.stdout.write(`${table}: ${rows}\n`),
  }).catch((error: unknown) => {
    if (!(error instanceof Unavailable)) throw error;
    const { message: why } = error.cause instanceof Error ? error.cause : error;
    throw new MoveRefused(`${record.server} cannot be used at the moment: ${why}`, { cause: error });
  });
  process.stdout.write(`The record is in ${record.server} now; ${folder} is as it was.\n`);
  return 0;
}

await runCommand({
  ...{ usage, run },
  exitCodes: [
    [MoveRefused, 1],
    [ConfigError, 1],
    [SettingError, 1],
  ],
});
