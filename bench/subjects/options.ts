/** Writes and reads the command line of the other servers: their port, and the URL of Redis. */

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

/** What signs the tokens that all servers verify over HTTP, as this service is told of it. */
export const tokenEnvironment = { JWT_SECRET: 'the-secret-of-the-bench-that-signs-its-tokens' };
