/** The logger: writes JSON lines with pino, and leaves out secrets. */
import { pino, type Logger } from 'pino';

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

export function createLogger(level: string): Logger {
  return pino({ level, redact: { paths: secretPaths, censor: '[secret]' } });
}
