/** The process: reads the configuration, handles signals, and ends with an exit code that says how it went. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Config } from './config/config.ts';

// Halves the time of every start but the first. Where the folder cannot be written, nothing changes.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'));
const { createApp } = await import('./app.ts');
const { ConfigError, parseConfig, readEnv } = await import('./config/config.ts');

const exitCodes = { clean: 0, failed: 1, configuration: 2 } as const;

function readConfig(): Config {
  try {
    return parseConfig(readEnv());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(exitCodes.configuration);
  }
}

const app = createApp(readConfig());
const { log } = app;

function die(error: unknown, what: string): never {
  log.fatal({ err: error }, what);
  process.exit(exitCodes.failed);
}

process.on('uncaughtException', (error) => die(error, 'an error that nobody caught'));
process.on('unhandledRejection', (error) => die(error, 'a rejection that nobody handled'));

let isClosing = false;

async function close(signal: NodeJS.Signals): Promise<void> {
  if (isClosing) die(new Error(`${signal} came while closing`), 'closing was cut short');
  isClosing = true;
  // The timers of the service keep no process alive: without this one, closing would end with the last socket.
  setInterval(() => {}, 60_000);
  log.info({ signal }, 'closing');
  const ending = await app.close();
  log.info({ ending }, 'closed');
  process.exit(ending === 'clean' ? exitCodes.clean : exitCodes.failed);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (received) => void close(received));

// Nor would a start that waits between two attempts to reach something.
const starting = setInterval(() => {}, 60_000);
try {
  const { url } = await app.start();
  log.info({ url, sinceProcessStartMs: Math.round(performance.now()) }, 'ready');
} catch (error) {
  if (!isClosing) die(error, 'the service could not start');
} finally {
  clearInterval(starting);
}
