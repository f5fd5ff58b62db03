/** The configuration of the process: reads it from the environment, checks it, and says what may be shown of it. */
import { readSettings, type Settings } from './settings.ts';
import { contradictionsOf } from './rates.ts';
import { readEnvFile } from './environment/env-file.ts';
import { misspellings, quotedSecrets, refuseLookAlikes } from './environment/names.ts';
import { EnvReader, type Environment, type EnvProblem } from './env-reader.ts';
import type { OperationManifest } from '../lib/operation-manifest.ts';
import type { Secret } from './secret.ts';
import { isWeak, minSecretBytes } from './secret-strength.ts';

/** What the process runs with. All of it may be shown: a `Secret` hides itself. */
export type Config = DeepReadonly<Settings> & {
  /** What the operator should know, though the service starts all the same. */
  readonly warnings: readonly string[];
};

type DeepReadonly<T> = T extends Secret | OperationManifest
  ? T
  : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** Lists everything that is wrong with the environment. */
export class ConfigError extends Error {
  readonly problems: readonly EnvProblem[];

  constructor(problems: readonly EnvProblem[]) {
    const lines = problems.map(
      ({ variable, problem, allowed }) => `  ${variable} ${problem}. Allowed: ${allowed}.`,
    );
    super(['The configuration does not allow a start:', ...lines].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * The environment of the process. A file `.env` in the working directory adds the variables that it does not have.
 *
 * @throws ConfigError when there is such a file that cannot be read in full
 */
export function readEnv(): Environment {
  const file = readEnvFile('.env');
  if ('problem' in file) throw new ConfigError([file.problem]);
  // Libraries read some of it too, such as NODE_ENV.
  for (const [name, value] of Object.entries(file.variables)) process.env[name] ??= value;
  return { ...process.env };
}

/**
 * Turns an environment into a configuration, deeply frozen.
 *
 * @throws ConfigError with all problems
 */
export function parseConfig(env: Environment): Config {
  const reader = new EnvReader(env);
  const settings = readSettings(reader);
  checkTogether(reader, settings);
  refuseLookAlikes(reader, env);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  const warnings = [
    ...warningsOf(settings),
    ...contradictionsOf(settings),
    ...quotedSecrets(reader, env),
    ...misspellings(env, reader.names),
  ];
  return deepFreeze({ ...settings, warnings });
}

/** The configuration for the log line at the start, without what has nothing to show. */
export function describeConfig(config: Config): Omit<Config, 'secrets' | 'warnings'> {
  const { secrets: _secrets, warnings: _warnings, ...shown } = config;
  return shown;
}

/** The names of all variables that `parseConfig` looks at. */
export function configVariables(): readonly string[] {
  const reader = new EnvReader({});
  readSettings(reader);
  return reader.names;
}

/** Refuses values that are allowed each for itself, but not together. */
function checkTogether(reader: EnvReader, settings: Settings): void {
  const { isProduction, http, stores, record, upstreams, shutdown, limits } = settings;
  if (stores.kind === 'redis' && record.kind === 'sqlite' && upstreams.despacho)
    reader.refuse(
      'MS_DESPACHO_URL',
      'stands beside REDIS_URL without DATABASE_URL: MS Despacho has no versions of dispatches, so this service counts ' +
        'them, and each process would count alone',
      'DATABASE_URL beside them, or no REDIS_URL for a single process',
    );
  else if (isProduction && stores.kind === 'redis' && record.kind === 'sqlite')
    reader.refuse(
      'REDIS_URL',
      'is set without DATABASE_URL: several processes would each have a record of their own',
      'a shared record beside it in production',
    );
  if (http.metricsPort !== null && http.metricsPort > 0 && http.metricsPort === http.port)
    reader.refuse('METRICS_PORT', 'is the same as PORT', 'another port, or none');
  if (shutdown.drainMs > shutdown.deadlineMs)
    reader.refuse('SHUTDOWN_DRAIN_MS', 'is longer than SHUTDOWN_DEADLINE_MS', `up to ${shutdown.deadlineMs}`);
  if (limits.maxUnreadBytesPerViewer > limits.maxUnreadBytes)
    reader.refuse(
      'MAX_UNREAD_BYTES_PER_VIEWER',
      'is larger than MAX_UNREAD_BYTES',
      `up to ${limits.maxUnreadBytes}`,
    );
  if (limits.maxOpenOperationBytesPerViewer > limits.maxOpenOperationBytes)
    reader.refuse(
      'MAX_OPEN_OPERATION_BYTES_PER_VIEWER',
      'is larger than MAX_OPEN_OPERATION_BYTES',
      `up to ${limits.maxOpenOperationBytes}`,
    );
}

function warningsOf(settings: Settings): string[] {
  const { isProduction, http, auth, stores, record, upstreams, secrets, documents } = settings;
  const warnings: string[] = [];
  const secret = secrets.jwtSecret?.reveal() ?? null;
  if (auth.kind === 'secret' && auth.usesDevelopmentSecret)
    warnings.push(
      'Tokens are verified with the development secret, which everybody knows: set JWT_SECRET or JWKS_URL.',
    );
  else if (secret !== null && Buffer.byteLength(secret) < minSecretBytes)
    warnings.push(`JWT_SECRET is shorter than ${minSecretBytes} bytes, which production refuses.`);
  if (auth.kind === 'jwks' && auth.audience === null)
    warnings.push('JWKS_URL without JWT_AUDIENCE accepts tokens that its issuer made for other services.');
  if (auth.kind === 'jwks' && isProduction && auth.jwksUrl.startsWith('http:'))
    warnings.push('JWKS_URL is not https: who can answer in its place can sign tokens.');
  if (stores.kind === 'redis' && record.kind === 'sqlite')
    warnings.push(
      'REDIS_URL is set without DATABASE_URL: a second process would have a record of its own. Production refuses this.',
    );
  const authUrl = upstreams.auth?.url ?? '';
  if (isProduction && authUrl.startsWith('http:') && !isInside(authUrl))
    warnings.push('MS_AUTH_URL is not https: the tokens of users are sent to it.');
  if (record.kind === 'sqlite' && record.dataDir === ':memory:' && isProduction)
    warnings.push('DATA_DIR is :memory:, so every dispatch is lost when the process ends.');
  if (http.corsOrigins === '*' && isProduction)
    warnings.push('CORS_ORIGIN is *, so the pages of any site may ask and subscribe.');
  if (http.trustProxy === true)
    warnings.push('TRUST_PROXY is on, so any client may claim any address: name the proxies instead.');
  if (typeof http.trustProxy === 'number')
    warnings.push(
      'TRUST_PROXY is a count, so whoever reaches this port past the proxies may claim any address: name their networks ' +
        'instead.',
    );
  if (documents.mode === 'trusted' && secrets.gatewaySecrets.length === 0)
    warnings.push(
      'OPERATIONS is trusted without GATEWAY_SECRET: what a router plans is in no manifest, and is refused.',
    );
  const detailsToken = secrets.healthDetailsToken?.reveal() ?? null;
  if (detailsToken !== null && isProduction && isWeak(detailsToken))
    warnings.push(
      'HEALTH_DETAILS_TOKEN is easily guessed, and shows which dependency is not ready: openssl rand -base64 48.',
    );
  return warnings;
}

/** Whether it is this machine, or a host without a dot, as services of a cluster have. */
const isInside = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|[^.]+)$/.test(new URL(url).hostname);

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}
