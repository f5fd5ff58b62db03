/** The doctor's check of what cursors are signed with. */
import type { Config } from '../../config/config.ts';
import { isDevelopmentSecret } from '../../config/cursors.ts';
import { dayMs, msSince, type Clock } from '../../lib/clock.ts';
import { examine, type Finding, type Findings } from './finding.ts';
import { readKeptText, type KeptText } from './kept-text.ts';

/** When the newest secret was made. */
const newest: KeptText = {
  table: 'cursor_keys',
  select: 'select at from cursor_keys order by number desc limit 1',
};

export async function examineCursors(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const [secret, previous] = config.secrets.cursorSecrets;
  return examine('cursors', clock, 'See the message.', async (findings) => {
    if (secret === undefined) return examineKept(await readKeptText(config, newest), clock, findings);
    if (isDevelopmentSecret(secret.reveal()))
      findings.warning(
        'are signed with a secret that everybody knows, since processes share no database to keep one in',
        'Set DATABASE_URL, or CURSOR_SECRET.',
      );
    else
      findings.ok(
        `are signed with CURSOR_SECRET${previous ? ', and those of CURSOR_SECRET_PREVIOUS are good too' : ''}`,
      );
  });
}

function examineKept(madeAt: string | null | undefined, clock: Clock, findings: Findings): void {
  if (madeAt === undefined) return;
  if (madeAt === null)
    return findings.ok(
      'will be signed with a secret that the first process makes, and keeps in the database',
    );
  const days = Math.floor(msSince(Date.parse(madeAt), clock.now()) / dayMs);
  if (days < -1)
    findings.warning(
      `are signed with a secret that is dated ${-days} days ahead, and so is not replaced until then`,
      'Look at the clocks, then delete the row of cursor_keys: each client lists anew once.',
    );
  else findings.ok(`are signed with a secret in the database, made ${Math.max(days, 0)} days ago`);
}
