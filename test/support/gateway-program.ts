/** A whole process that is a gateway: `tGatewayProcess` starts it. It ends in order when it is told to. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createGateway, type GatewayOptions } from './gateway-runtime.ts';

export interface GatewayProgramOptions extends GatewayOptions {
  readonly port: number;
}

/** Requests that are under way may take as long, milliseconds. */
const graceMs = 10_000;

const { port, ...options } = JSON.parse(readFileSync('gateway.json', 'utf8')) as GatewayProgramOptions;
const gateway = createGateway(`http://127.0.0.1:${port}`, options);
const streams = new Set<ServerResponse>();
const server = createServer((request, response) => {
  if (request.headers.accept?.includes('text/event-stream')) {
    streams.add(response);
    response.once('close', () => streams.delete(response));
  }
  void gateway(request, response);
}).listen(port, '127.0.0.1');

process.once('SIGTERM', () => void end());

/**
 * As the program of Hive Gateway does: first its connections, then the runtime, which ends whatever it is at with an error of its own. A
 * stream that still stands by then would show an event that lacks what is joined.
 */
async function end(): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const response of streams) response.destroy();
  setTimeout(() => server.closeAllConnections(), graceMs).unref();
  await closed;
  await gateway[Symbol.asyncDispose]();
  process.exit(0);
}
