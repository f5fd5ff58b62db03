/** A log whose lines a test can read. */
import { pino } from 'pino';
import type { Logger } from '../../src/observability/log.ts';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const warning = 40;

export interface LogLines {
  readonly log: Logger;
  readonly lines: LogLine[];
  /** Lines that are warnings or errors. */
  complaints(): LogLine[];
}

export function tLogLines(): LogLines {
  const lines: LogLine[] = [];
  return {
    log: pino({}, { write: (line) => void lines.push(JSON.parse(line) as LogLine) }),
    lines,
    complaints: () => lines.filter(({ level }) => level >= warning),
  };
}
