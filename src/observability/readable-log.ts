/** Log lines for a person who looks at a terminal, in place of JSON. */
import { styleText } from 'node:util';

interface LogLine {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

/** By the numbers of pino. */
const levels = [
  { from: 60, name: 'fatal', style: 'red' },
  { from: 50, name: 'error', style: 'red' },
  { from: 40, name: 'warn', style: 'yellow' },
  { from: 30, name: 'info', style: 'green' },
  { from: 0, name: 'debug', style: 'gray' },
] as const;

/** What a person sees without them, or does not ask for. */
const leftOut: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err']);

/**
 * The time, the level, the message and what stands beside it, with the words of an error. `showsStacks`: also where it comes
 * from.
 */
export function readableLine(json: string, { showsStacks }: { readonly showsStacks: boolean }): string {
  const line = JSON.parse(json) as LogLine;
  const { name, style } = levels.find(({ from }) => line.level >= from) ?? levels[3];
  const time = new Date(line.time).toTimeString().slice(0, 8);
  const facts = Object.entries(line).flatMap(([field, value]) => {
    const isShown = !leftOut.has(field) && value !== null && typeof value !== 'object';
    return isShown ? [styleText('gray', `${field}=${String(value)}`)] : [];
  });
  const words = [line.msg, line.err?.message].filter(Boolean).join(': ');
  const stack = showsStacks && line.err?.stack ? `\n${styleText('gray', line.err.stack)}` : '';
  return `${[styleText('gray', time), styleText(style, name.padEnd(5)), words, ...facts].join(' ')}${stack}\n`;
}
