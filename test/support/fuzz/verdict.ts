/** Judges what a server answers to what was made by chance: counts it, and notes what it must not do. */
import { isErrorCode } from '../../../src/lib/errors.ts';
import { isKnownCloseCode } from '../../../src/transports/websocket/close-codes.ts';
import type { Received } from '../attack/received.ts';

type Errors = Received['json']['errors'];

/** So many are kept: one would be enough. */
const mostOffences = 20;
/** Levels of the log (pino): errors, and what ends the process. What should be compiled and is not has nothing to be compared with. */
const loggedMistake = /"level":(50|60)\b|could not be compiled/;

export class Verdict {
  /** What must not be, a sentence each. */
  readonly offences: string[] = [];
  /** How often each thing was answered: `data`, codes of errors, close codes. */
  readonly outcomes = new Map<string, number>();

  noteAnswer({ status, outcome, json }: Received, input: unknown): void {
    if (status >= 500) this.offend(`answered ${status}`, input);
    this.count(outcome);
    this.noteErrors(json.errors, input);
  }

  /** An answer as its bytes came. */
  noteText(text: string, input: unknown): void {
    const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
    this.count(status === undefined ? 'an end without an answer' : `HTTP ${status}`);
    if (Number(status) >= 500 || text.includes('"code":"INTERNAL_SERVER_ERROR"'))
      this.offend(`answered ${text.slice(0, 500)}`, input);
  }

  /** What became of a socket: `pong`, or how it was closed; and what was said on it. */
  noteSocket(outcome: string, messages: readonly Record<string, unknown>[], input: unknown): void {
    this.count(outcome);
    const code = /^closed (\d+)$/.exec(outcome)?.[1];
    if (code === '4500' || (code !== undefined && !isKnownCloseCode(Number(code))))
      this.offend(`closed a socket with ${code}`, input);
    for (const { type, payload } of messages) {
      if (type === 'error') this.noteErrors(payload as Errors, input);
      if (type === 'next') this.noteErrors((payload as Received['json']).errors, input);
    }
  }

  /** The outcome of a stream: a word, or the code that refused it. */
  noteOutcome(outcome: string, input: unknown): void {
    this.count(outcome);
    if (/^[A-Z_]+$/.test(outcome)) this.noteErrors([{ message: '', extensions: { code: outcome } }], input);
  }

  noteErrors(errors: Errors = [], input: unknown): void {
    for (const { message, extensions } of errors) {
      const code = extensions?.code;
      if (!isErrorCode(code) || code === 'INTERNAL_SERVER_ERROR')
        this.offend(`answered ${code}: ${message}`, input);
    }
  }

  /** What the server has printed: a mistake of a client's is no error of ours. Takes the lines. */
  noteLog(lines: string[]): void {
    for (const line of lines.splice(0))
      if (loggedMistake.test(line)) this.offend(`logged ${line}`, 'something');
  }

  offend(what: string, input: unknown): void {
    if (this.offences.length < mostOffences) this.offences.push(`It ${what}, to ${JSON.stringify(input)}`);
  }

  count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
