/** The logger: writes JSON lines with pino, or lines for a person, and leaves out secrets. */
import { pino, stdSerializers, type Logger } from 'pino';
import { LogOutput } from './log-output.ts';
import type { Metrics } from './metrics.ts';
import { readableLine } from './readable-log.ts';
import { traceFields } from './tracing/current-span.ts';

export type { Logger };

/** Headers and fields whose values never appear in the log. */
const secretPaths = [
  'authorization',
  'token',
  '*.authorization',
  '*.Authorization',
  '*.token',
  'req.headers.authorization',
  'req.headers.cookie',
];

/** As pino writes it, but for the words of a cause that the error has in its own: they would come twice. */
function err(error: unknown): unknown {
  const written = stdSerializers.err(error as Error);
  if (!(error instanceof Error && error.cause instanceof Error)) return written;
  const { message, cause } = error;
  if (cause.cause === undefined && message.includes(cause.message)) written.message = message;
  return written;
}

export interface LoggerOptions {
  /** Where the lines go; the standard output when there is none, and then whoever logs waits for it. */
  readonly output?: Pick<LogOutput, 'write'>;
  /** Whether lines say which trace they are a part of. */
  readonly isTraced?: boolean;
}

export function createLogger(level: string, { output, isTraced = false }: LoggerOptions = {}): Logger {
  const redact = { paths: secretPaths, censor: '[secret]' };
  const options = { level, redact, serializers: { err }, ...(isTraced && { mixin: traceFields }) };
  return output ? pino(options, output) : pino(options);
}

/** Levels at which somebody looks for where an error comes from. */
const detailed: ReadonlySet<string> = new Set(['debug', 'trace']);

export interface OpenLog {
  readonly log: Logger;
  readonly output: LogOutput;
}

/**
 * The log of a process: on its standard output, which nothing waits for. What becomes of lost lines is said on the standard error.
 * `isForPeople`: whether a person reads it, and no program.
 */
export function openLog(
  level: string,
  { logLinesDropped }: Pick<Metrics, 'logLinesDropped'>,
  { isForPeople, isTraced = false }: { readonly isForPeople: boolean; readonly isTraced?: boolean },
): OpenLog {
  const errors = createLogger(level, { output: new LogOutput({ fd: 2 }) });
  const output = new LogOutput({
    fd: 1,
    onDropped: () => logLinesDropped.inc(),
    onTrouble: (reason) => errors.error({ reason }, 'the log cannot be written: lines are dropped'),
    onRecovered: (dropped) => log.warn({ dropped }, 'the log can be written again; lines were dropped'),
  });
  const readable = {
    write: (line: string) => output.write(readableLine(line, { showsStacks: detailed.has(level) })),
    flushSync: () => output.flushSync(),
  };
  const log = createLogger(level, { output: isForPeople ? readable : output, isTraced });
  return { log, output };
}
