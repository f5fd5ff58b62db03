/** Finds a port on which a test can start a server, end it, and start it again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems give to whoever connects (from 32,768 on Linux, from 49,152 elsewhere): a port of those may be somebody's
 * end of a connection by the time at which its server is to be started again.
 */
const [lowest, highest] = [15_000, 32_000] as const;

const given = new Set<number>();

/** A port of loopback that nobody listens on at the moment, and another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
