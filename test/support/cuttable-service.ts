/** A service whose way to its PostgreSQL can be cut. */
import type { ManualClock } from './clock.ts';
import { tApp } from './app.ts';
import { tCutProxy } from './cut-proxy.ts';
import type { TestPostgres } from './postgres.ts';
import { until } from './until.ts';

export async function tCuttable(
  postgres: TestPostgres,
  env: Readonly<Record<string, string>> = {},
  clock?: ManualClock,
) {
  const url = new URL(await postgres.createDatabase());
  const database = await tCutProxy(`http://${url.host}`);
  url.host = database.host;
  const app = await tApp({ DATABASE_URL: url.href, ...env }, clock && { clock });
  /** Resolves when the service has noticed. */
  const cut = async () => {
    database.cut();
    await until('the service has noticed', async () => {
      const { errors } = await app.ask('{ despachos { id } }');
      return errors?.[0]!.extensions['code'] === 'UPSTREAM_UNAVAILABLE';
    });
  };
  return { app, database: { cut, mend: () => database.mend() } };
}
