/** Owns the leash of the servers that tests start: no way to end the tests leaves one running. */
import { existsSync } from 'node:fs';

const setpriv = '/usr/bin/setpriv';

/** To be put before the command of a server. Where the system can, the server then ends with whoever started it. */
export const leash: readonly string[] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
