/** Where the service answers that runs with this environment. */
import { ConfigError, readEnv } from '../../config/config.ts';
import { EnvReader } from '../../config/env-reader.ts';
import { readHttp } from '../../config/http.ts';
import { UsageError } from '../command.ts';

/** What listens everywhere is found at this address. */
const loopback = '127.0.0.1';
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);

/** @throws UsageError when that is no fixed port; ConfigError when it cannot be read */
export function ownUrl(): string {
  const reader = new EnvReader(readEnv());
  const { port, host } = readHttp(reader, false);
  const problems = reader.problems.filter(({ variable }) => variable === 'PORT' || variable === 'HOST');
  if (problems.length > 0) throw new ConfigError(problems);
  if (port === 0) throw new UsageError('PORT is 0, any free port: say with --url where the service is.');
  const name = host === null || everywhere.has(host) ? loopback : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/graphql`;
}
