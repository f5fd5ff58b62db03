/** Opens the stream of a topic, with patience: an event log that cannot be reached may be back in a moment. */
import { backoff } from '../../lib/backoff.ts';
import type { Burst } from '../../lib/burst.ts';
import type { Clock } from '../../lib/clock.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import { TopicStream, type StreamOptions } from './topic-stream.ts';
import type { Topic } from './topic.ts';

/** How an event log is waited for. */
export interface Patience {
  readonly clock: Clock;
  readonly openTimeoutMs: number;
  /** Of many who wait in vain, the log has one line. */
  readonly outage: Burst;
  /** Aborted when nobody is to wait any more. */
  readonly signal: AbortSignal;
}

/** Rejects with `Unavailable` when the event log cannot be reached in time, or when the waiting is to end. */
export async function openStream(
  topic: Topic<unknown>,
  options: StreamOptions,
  { clock, openTimeoutMs, outage, signal }: Patience,
): Promise<TopicStream> {
  const deadline = clock.elapsed() + openTimeoutMs;
  const pauses = backoff({ firstMs: 50, maxMs: 1_000 });
  for (;;) {
    const pauseMs = pauses.next().value;
    try {
      const stream = await TopicStream.open(topic, options);
      // Nobody waits for an event log that is away: a stream that opens after the end is closed here.
      if (signal.aborted) await stream.close();
      return stream;
    } catch (error) {
      if (signal.aborted || clock.elapsed() + pauseMs > deadline) {
        const first = outage.note();
        if (first)
          options.log.error({ err: error, topic: topic.key, ...first }, 'a topic could not be followed');
        throw new Unavailable('The event log', error);
      }
    }
    await clock.sleep(pauseMs, signal);
  }
}
