/** A proxy between a client and the service that knows plain HTTP alone. */
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/**
 * It knows nothing of WebSockets, and answers an upgrade as any other request of HTTP/1.1; and as Apollo Router nothing of event streams
 * unless `hasEventStreams`.
 */
export async function tPlainProxy(
  url: string,
  { hasEventStreams = true }: { readonly hasEventStreams?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  const server = createServer((request, response) => {
    const { upgrade: _upgrade, connection: _connection, ...headers } = request.headers;
    if (!hasEventStreams) {
      const others = headers.accept?.split(',').filter((type) => !type.includes('text/event-stream'));
      if (others?.length === 0) return response.writeHead(406).end();
      headers.accept = others?.join(',');
    }
    const { method, url: path } = request;
    const forwarded = ask({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
