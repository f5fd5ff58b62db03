/** Owns the logger: JSON lines by pino, without secrets. */
import { pino, type Logger } from 'pino';

export type { Logger };

/** Header and field names whose values never reach the log. */
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
