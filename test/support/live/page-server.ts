/** Serves a built page, and tokens for whoever looks at it. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { afterEach } from '@jest/globals';

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

export interface PageServer {
  readonly url: string;
  /** How many tokens were asked for, at `/token`. */
  readonly tokens: number;
}

/** Closed after the test. */
export async function tPageServer(folder: string, token: () => Promise<string>): Promise<PageServer> {
  let tokens = 0;
  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.url === '/token') {
        tokens += 1;
        return response.end(await token());
      }
      const name = request.url === '/' ? 'index.html' : normalize(request.url!);
      const body = await readFile(join(folder, name)).catch(() => null);
      response.writeHead(body ? 200 : 404, { 'content-type': types[extname(name)] ?? 'text/plain' });
      response.end(body ?? '');
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get tokens() {
      return tokens;
    },
  };
}
