/** Where log lines go. Nothing waits for it: lines that cannot be written are kept up to a bound, then dropped and counted. */
import { write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLogTarget, type LogTarget } from './log-target.ts';

export interface LogOutputOptions {
  /** 1 for the standard output, 2 for the standard error. */
  readonly fd: number;
  /** A line was dropped. */
  readonly onDropped?: () => void;
  /** Lines are dropped from now on, or nothing can be written. Called once until all that waits has been written again. */
  readonly onTrouble?: (reason: string) => void;
  /** All that waited has been written, and so many lines had been dropped before. */
  readonly onRecovered?: (dropped: number) => void;
}

/**
 * How much may wait for a reader that is slow, and while nothing can be written at all, in characters. Beyond it new lines are
 * dropped, but for a long one that waits alone: what is kept says how it began.
 */
const maxWaiting = 256 * 1024;
const maxWaitingFailed = 16 * 1024;
/** The largest single write, in characters. */
const maxWrite = 64 * 1024;
/** Until a reader that is slow, and a volume that is full, is tried again, milliseconds. */
const slowRetryMs = 10;
const failedRetryMs = 500;
/** Between two attempts where somebody waits, milliseconds. */
const stepMs = 5;
/** How long the process may stand still for the last lines before it ends, milliseconds. */
const lastLinesMs = 200;

/**
 * Pino's own destination, sonic-boom, repeats a write that failed: in the middle of a request when it writes at once, and for
 * ever when it flushes. Here the lines of a turn of the event loop leave in one write, and what fails is tried again later.
 */
export class LogOutput {
  readonly #options: LogOutputOptions;
  #target: LogTarget | undefined;
  #lines: string[] = [];
  #waiting = 0;
  /** What is left of the write that was begun. */
  #rest: Buffer | undefined;
  #isBusy = false;
  #isArmed = false;
  /** Whether the last write failed for another reason than a reader that is slow. */
  #isFailing = false;
  #isTroubled = false;
  #dropped = 0;

  constructor(options: LogOutputOptions) {
    this.#options = options;
  }

  /** Takes one line, with its end. Never throws, never waits. */
  write(line: string): void {
    const bound = this.#isFailing ? maxWaitingFailed : maxWaiting;
    if (this.#waiting > 0 && this.#waiting + line.length > bound) {
      this.#dropped += 1;
      this.#options.onDropped?.();
      this.#note('its reader does not keep up');
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    if (!this.#isArmed && !this.#isBusy) this.#arm();
  }

  /** Writes what waits, as far as that takes no longer than a moment. Pino calls it before a process ends that failed. */
  flushSync(): void {
    const until = performance.now() + lastLinesMs;
    // What is under way in another thread is written by that one, and mostly before the rest.
    if (this.#isBusy) {
      pause(stepMs * 4);
      this.#rest = undefined;
    }
    for (let bytes = this.#next(); bytes; bytes = this.#next()) {
      try {
        this.#advance(writeSync(this.#open().fd, bytes));
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN' || performance.now() > until) return;
        pause(stepMs);
      }
    }
  }

  /** Resolves when everything has been written, or `ms` milliseconds have passed. */
  async flush(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while ((this.#waiting > 0 || this.#rest) && performance.now() < until) await sleep(stepMs);
  }

  #open(): LogTarget {
    return (this.#target ??= openLogTarget(this.#options.fd));
  }

  #arm(): void {
    this.#isArmed = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isArmed = false;
    if (this.#isBusy) return;
    const { fd, isFile } = this.#open();
    for (let bytes = this.#next(); bytes; bytes = this.#next()) {
      if (isFile) {
        this.#isBusy = true;
        write(fd, bytes, this.#onWritten);
        return;
      }
      try {
        this.#advance(writeSync(fd, bytes));
      } catch (error) {
        this.#retry(error);
        return;
      }
    }
    this.#recover();
  };

  readonly #onWritten = (error: Error | null, written: number): void => {
    this.#isBusy = false;
    if (error) {
      this.#retry(error);
      return;
    }
    this.#advance(written);
    this.#run();
  };

  /** What is to be written next; undefined when nothing waits. */
  #next(): Buffer | undefined {
    if (this.#rest || this.#lines.length === 0) return this.#rest;
    let count = 0;
    let length = 0;
    while (count < this.#lines.length && (count === 0 || length + this.#lines[count]!.length <= maxWrite)) {
      length += this.#lines[count]!.length;
      count += 1;
    }
    this.#rest = Buffer.from(this.#lines.splice(0, count).join(''));
    this.#waiting -= length;
    return this.#rest;
  }

  #advance(written: number): void {
    const { length = 0 } = this.#rest ?? {};
    this.#rest = written < length ? this.#rest!.subarray(written) : undefined;
    this.#isFailing = false;
  }

  #retry(error: unknown): void {
    const code = codeOf(error);
    this.#isFailing = code !== 'EAGAIN';
    if (this.#isFailing) this.#note(code);
    this.#isArmed = true;
    setTimeout(this.#run, this.#isFailing ? failedRetryMs : slowRetryMs).unref();
  }

  #note(reason: string): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#options.onTrouble?.(reason);
  }

  #recover(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#isTroubled = false;
    if (dropped > 0) this.#options.onRecovered?.(dropped);
  }
}

/** Has this thread stand still. */
const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
