/** A stock client of Server-Sent Events that can be made to stop reading: what comes then waits on the way. */
import { tEventClient } from '../../event-stream.ts';
import { Reading } from './reading.ts';
import type { WayClient } from './scene.ts';

/** It is disposed of after the test. */
export function tPausableClient(url: string, token: string): WayClient {
  const reading = new Reading();
  const fetchFn: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body) return response;
    const gate = new TransformStream<Uint8Array, Uint8Array>(
      {
        async transform(chunk, controller) {
          await reading.goesOn;
          controller.enqueue(chunk);
        },
      },
      // It takes nothing that nobody has asked for.
      { highWaterMark: 1 },
      { highWaterMark: 0 },
    );
    return new Response(response.body.pipeThrough(gate), response);
  };
  return {
    ...tEventClient(url, token, { fetchFn }),
    pause: () => reading.pause(),
    resume: () => reading.resume(),
  };
}
