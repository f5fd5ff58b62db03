/** Ends the servers that a test has started when the test process dies, however it dies. */
import { existsSync } from 'node:fs';

const setpriv = '/usr/bin/setpriv';

/** Goes before the command of a server. On Linux with setpriv the server is then killed together with its parent. */
export const leash: readonly string[] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
