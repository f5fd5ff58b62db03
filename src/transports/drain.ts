/** Owns the orderly end of many connections: in waves, so that their clients do not all come back in the same moment. */
import { setTimeout as wait } from 'node:timers/promises';

/** What lasts until somebody ends it: a socket, a stream of events, a subscription by callback. */
export interface Drainable {
  /** When its client was last heard or spoken to by an operation, milliseconds since the Unix epoch. */
  readonly activeAt: number;
  /** Asks the client to come back, to whoever goes on. */
  restart(): void;
  /** Ends it at once, for a client that does not answer. */
  terminate(): void;
}

/** Time between two waves, milliseconds. */
const waveMs = 100;
/** A wave is not smaller than this: a few may well come back together. */
const minWaveSize = 5;
/** Time that clients have to answer, milliseconds. */
const answerTimeoutMs = 2000;
const pollMs = 20;

/**
 * Ends all of a set over `windowMs` milliseconds, those first that did nothing for longest. Resolves when every one has
 * left the set; those whose clients do not answer are ended.
 */
export async function endInWaves(all: ReadonlySet<Drainable>, windowMs: number): Promise<void> {
  const open = [...all].sort((a, b) => a.activeAt - b.activeAt);
  const waves = Math.max(1, Math.floor(windowMs / waveMs));
  const waveSize = Math.max(minWaveSize, Math.ceil(open.length / waves));
  for (let start = 0; start < open.length; start += waveSize) {
    if (start > 0) await wait(waveMs);
    for (const one of open.slice(start, start + waveSize)) one.restart();
  }
  for (let waitedMs = 0; all.size > 0 && waitedMs < answerTimeoutMs; waitedMs += pollMs) await wait(pollMs);
  for (const one of all) one.terminate();
}
