/** The process: reads the configuration, handles signals, and ends with an exit code that says how it went. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Config } from './config/config.ts';

if (process.argv.length > 2) {
  await import('./cli/start.ts');
  process.exit();
}

// Halves the time of every start but the first. Where the folder cannot be written, nothing changes.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'));
const { createApp } = await import('./app.ts');
const { ConfigError, parseConfig, readEnv } = await import('./config/config.ts');
const { isOrphaned } = await import('./lib/failures/orphaned-error.ts');
const { openLog } = await import('./observability/log.ts');
const { LogOutput } = await import('./observability/log-output.ts');
const { createMetrics } = await import('./observability/metrics.ts');
const { killAfter, leave } = await import('./process/leave.ts');
const { closeDebuggerDoor, listenForEnd } = await import('./process/signals.ts');
const { formatWelcome } = await import('./process/welcome.ts');

const exitCodes = { clean: 0, failed: 1, configuration: 2 } as const;
/** For the last lines of the log, milliseconds. */
const lastLinesMs = 500;
/** What a process may take to end beyond the deadline, at which it gives up what is not closed, milliseconds. */
const endMs = 1_000;

function readConfig(): Config {
  try {
    return parseConfig(readEnv());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const errors = new LogOutput({ fd: 2 });
    errors.write(`${error.message}\n`);
    errors.flushSync();
    return leave(exitCodes.configuration);
  }
}

const config = readConfig();
const isTraced = config.telemetry.traces !== null;
const metrics = createMetrics({ exemplars: isTraced });
/** A program reads what goes anywhere else. */
const isForPeople = isatty(1);
const { log, output } = openLog(config.log.level, metrics, { isForPeople, isTraced });
const app = createApp(config, { log, metrics });

function die(error: unknown, what: string): never {
  killAfter(endMs, () => {});
  log.fatal({ err: error }, what);
  return leave(exitCodes.failed);
}

process.on('uncaughtException', (error) => die(error, 'an error that nobody caught'));
process.on('unhandledRejection', (error) => {
  if (isOrphaned(error)) log.debug({ err: error }, 'an item failed of a list that had failed before');
  else die(error, 'a rejection that nobody handled');
});
// Node would write its warnings to the standard error, and wait for whoever reads that.
process.removeAllListeners('warning');
process.on('warning', (warning) => log.warn({ err: warning }, 'a warning of Node'));
if (config.isProduction) closeDebuggerDoor(log);

function welcomeOf(url: string, { environment, record, stores, upstreams, http, auth }: Config) {
  const runsOn = [
    record.kind === 'postgres' ? `PostgreSQL (${record.server})` : `SQLite (${record.dataDir})`,
    stores.kind === 'redis' ? `Redis (${stores.redisNodes.join(', ')})` : 'this process alone',
    ...(upstreams.despacho ? [`MS Despacho (${upstreams.despacho.url})`] : []),
  ];
  const tokenCommand = auth.kind === 'secret' ? 'npm run -s token -- --role dispatcher --sub ana' : null;
  return { url, environment, runsOn, hasPages: http.playground, tokenCommand };
}

let isClosing = false;

async function close(signal: NodeJS.Signals): Promise<void> {
  isClosing = true;
  log.info({ signal }, 'closing');
  killAfter(config.shutdown.deadlineMs + endMs, (error) =>
    log.warn({ err: error }, 'nobody watches over the deadline'),
  );
  // The timers of the service keep no process alive: without this one, closing would end with the last socket.
  setInterval(() => {}, 60_000);
  const ending = await app.close();
  log.info({ ending }, 'closed');
  await output.flush(lastLinesMs);
  leave(ending === 'clean' ? exitCodes.clean : exitCodes.failed);
}

listenForEnd({
  log,
  onEnd: (signal) => void close(signal),
  onEndAgain: (signal) => die(new Error(`${signal} came while closing`), 'closing was cut short'),
});

// Nor would a start that waits between two attempts to reach something.
const starting = setInterval(() => {}, 60_000);
try {
  const { url } = await app.start();
  if (isForPeople) output.write(formatWelcome(welcomeOf(url, config)));
  else log.info({ url, sinceProcessStartMs: Math.round(performance.now()) }, 'ready');
} catch (error) {
  if (!isClosing) die(error, 'the service could not start');
} finally {
  clearInterval(starting);
}
