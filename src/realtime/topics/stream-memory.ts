/** The events that all streams of a process keep in memory, bounded together. */
import { ByteSlabs } from '../../lib/memory/byte-slabs.ts';
import { EventChunks } from './event-chunks.ts';
import { WindowBudget } from './event-window.ts';

export interface StreamMemory {
  readonly windows: WindowBudget;
  readonly chunks: EventChunks;
  /** Those of the windows. */
  readonly texts: ByteSlabs;
}

/** Newest events of all topics together that are kept in memory. */
const maxWindowEntries = 20_000;
/** Chunks of older events that are kept in memory, for many who resume at the same time. */
const maxChunks = 64;

export const createStreamMemory = (): StreamMemory => ({
  windows: new WindowBudget(maxWindowEntries),
  chunks: new EventChunks(maxChunks),
  texts: new ByteSlabs(),
});
