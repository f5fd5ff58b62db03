/** Measures what a page costs its browser: frames, memory, and the time to the first paint. */
import type { CDPSession, Page } from 'playwright-core';

export interface PageCosts {
  /** From one frame to the next, milliseconds: the best of some windows, since a machine that does other things makes them only longer. */
  readonly frameMs: number;
  /** Bytes that are used after everything unused was collected. */
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
  /** From the request of the page, milliseconds. */
  readonly firstPaintMs: number;
}

const windows = 4;
const framesPerWindow = 60;

const medianFrame = `new Promise((resolve) => {
  const times = [];
  const next = (time) => {
    times.push(time);
    if (times.length <= ${framesPerWindow}) return requestAnimationFrame(next);
    const gaps = times.slice(1).map((at, index) => at - times[index]).sort((a, b) => a - b);
    resolve(gaps[gaps.length >> 1]);
  };
  requestAnimationFrame(next);
})`;

export async function measurePage(page: Page): Promise<PageCosts> {
  const frames: number[] = [];
  for (let window = 0; window < windows; window++) frames.push(await page.evaluate<number>(medianFrame));
  const firstPaintMs = await page.evaluate<number>(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  );
  const session = await page.context().newCDPSession(page);
  const memory = await measureMemory(session);
  await session.detach();
  return { frameMs: Math.min(...frames), firstPaintMs, ...memory };
}

/** How often memory is measured, and how many frames lie between: what is not used any more may be held by the last frames. */
const [looks, framesPerLook] = [5, 20] as const;

const someFrames = `new Promise((resolve) => {
  let left = ${framesPerLook};
  const next = () => ((left -= 1) === 0 ? resolve() : requestAnimationFrame(next));
  requestAnimationFrame(next);
})`;

type Memory = Pick<PageCosts, 'heapBytes' | 'nodes' | 'listeners'>;

/** The least of some looks, each after a collection of all that is not used any more. */
export async function measureMemory(session: CDPSession): Promise<Memory> {
  await session.send('Performance.enable');
  await session.send('HeapProfiler.enable');
  let least = await lookAtMemory(session);
  for (let look = 1; look < looks; look += 1) {
    await session.send('Runtime.evaluate', { expression: someFrames, awaitPromise: true });
    const { heapBytes, nodes, listeners } = await lookAtMemory(session);
    least = {
      heapBytes: Math.min(least.heapBytes, heapBytes),
      nodes: Math.min(least.nodes, nodes),
      listeners: Math.min(least.listeners, listeners),
    };
  }
  return least;
}

async function lookAtMemory(session: CDPSession): Promise<Memory> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return { heapBytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}
