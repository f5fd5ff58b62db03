/** The doctor's checks of what PostgreSQL does to sessions by default: how it isolates them, and when it cuts them. */
import type { PostgresClient } from '../../db/postgres/postgres-client.ts';
import type { Findings } from './finding.ts';

/** Sessions that are cut sooner are opened anew all the time, milliseconds. */
const shortIdleMs = 10_000;

interface Defaults {
  readonly isolation: string;
  /** Null before version 14. */
  readonly idleMs: number | null;
}

export async function examineSessions(client: PostgresClient, findings: Findings): Promise<void> {
  const { rows } = await client.query<Defaults>(
    `select current_setting('default_transaction_isolation') as isolation,
      (select setting::float8 from pg_settings where name = 'idle_session_timeout') as "idleMs"`,
  );
  const { isolation, idleMs } = rows[0]!;
  if (isolation !== 'read committed')
    findings.ok(`isolates by "${isolation}" by default; this service asks for "read committed" itself`);
  if (!idleMs) return;
  const says = `cuts sessions that are idle for ${idleMs / 1_000} s (idle_session_timeout)`;
  if (idleMs < shortIdleMs)
    findings.warning(
      `${says}, so that connections are opened again and again`,
      'Raise it, or set it to 0 for this user: alter role … set idle_session_timeout = 0.',
    );
  else findings.ok(`${says}: others are opened then, and what met the cut is made once more`);
}
