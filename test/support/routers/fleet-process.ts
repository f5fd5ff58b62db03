/** Runs the example fleet as a process of its own, with the vehicles A01, A02 and so on. */
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { project } from './behind-router.ts';
import { tRouterProcess, type RouterProcess } from './router-process.ts';

export interface FleetProcess {
  readonly url: string;
  /** Which can be ended and started again. */
  readonly process: RouterProcess;
}

/** It ends with the test. */
export async function tFleetProcess(): Promise<FleetProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await tRouterProcess({
    program: globalThis.process.execPath,
    args: [join(project, 'examples/fleet/server.ts'), '--port', String(port)],
    env: {},
    files: {},
    healthUrl: url,
    healthRequest: {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ vehicles { id } }' }),
    },
  });
  return { url, process };
}
