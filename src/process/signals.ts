/** Which signals a process listens to, and what each asks for. */
import type { Logger } from '../observability/log.ts';

/** All of these ask for an end: of supervisors, terminals that are closed, and tools that restart what they watch. */
const endings = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/** Within this time several signals are one: a supervisor signals a whole group, and npm passes on what it gets, milliseconds. */
const momentMs = 1_000;

export interface SignalOptions {
  readonly log: Logger;
  /** Called with the first signal that asks for an end. */
  readonly onEnd: (signal: NodeJS.Signals) => void;
  /** Called with a later one: whoever sends it does not want to wait. */
  readonly onEndAgain: (signal: NodeJS.Signals) => void;
}

export function listenForEnd({ log, onEnd, onEndAgain }: SignalOptions): void {
  let askedAt: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      onEnd(signal);
    } else if (now - askedAt < momentMs) log.info({ signal }, 'a signal that came with another one');
    else onEndAgain(signal);
  };
  for (const signal of endings) process.on(signal, listener);
}

/** Node opens a debugger for SIGUSR1 unless somebody else listens to it: whoever may send a signal could then do anything. */
export function closeDebuggerDoor(log: Logger): void {
  process.on('SIGUSR1', (signal) => log.info({ signal }, 'a signal that means nothing here'));
}
