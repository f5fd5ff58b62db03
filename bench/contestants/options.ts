/** Owns what a contestant's server is told on its command line. */

export interface ServerOptions {
  readonly port: number;
  readonly redisUrl: string;
}

export const serverArgs = ({ port, redisUrl }: ServerOptions) => [String(port), redisUrl];

export function readServerOptions(): ServerOptions {
  const [port, redisUrl] = process.argv.slice(2);
  return { port: Number(port), redisUrl: redisUrl! };
}

export const host = '127.0.0.1';
