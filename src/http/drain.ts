/** Owns the orderly end of many sockets: in waves, so that their clients do not all come back in the same moment. */
import { setTimeout as wait } from 'node:timers/promises';
import { closeCodes } from './close-codes.ts';
import type { Connection } from './connection.ts';

/** Time between two waves, milliseconds. */
const waveMs = 100;
/** A wave is not smaller than this: a few sockets may well come back together. */
const minWaveSize = 25;
/** Time that clients have to answer the close frame, milliseconds. */
const answerTimeoutMs = 2000;
const pollMs = 20;

/**
 * Closes all connections over `windowMs` milliseconds, those first that did nothing for longest. Resolves when every one
 * is gone; those that do not answer are ended.
 */
export async function closeInWaves(connections: ReadonlySet<Connection>, windowMs: number): Promise<void> {
  const open = [...connections].sort((a, b) => a.activeAt - b.activeAt);
  const waves = Math.max(1, Math.floor(windowMs / waveMs));
  const waveSize = Math.max(minWaveSize, Math.ceil(open.length / waves));
  for (let start = 0; start < open.length; start += waveSize) {
    if (start > 0) await wait(waveMs);
    for (const connection of open.slice(start, start + waveSize)) connection.close(closeCodes.serviceRestart);
  }
  for (let waitedMs = 0; connections.size > 0 && waitedMs < answerTimeoutMs; waitedMs += pollMs)
    await wait(pollMs);
  for (const connection of connections) connection.terminate();
}
