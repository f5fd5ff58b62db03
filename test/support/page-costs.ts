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

/** One collection leaves what only the next one finds unused: elements are collected after the scripts that held them. */
const mostCollections = 20;

/** After a collection of all that is not used any more: collected until a collection finds nothing. */
export async function measureMemory(
  session: CDPSession,
): Promise<Pick<PageCosts, 'heapBytes' | 'nodes' | 'listeners'>> {
  await session.send('Performance.enable');
  await session.send('HeapProfiler.enable');
  let found = await collect(session);
  for (let more = 1; more < mostCollections; more++) {
    const next = await collect(session);
    const isSettled = next.nodes >= found.nodes && next.listeners >= found.listeners;
    found = next;
    if (isSettled) break;
  }
  return found;
}

async function collect(session: CDPSession) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return { heapBytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}
