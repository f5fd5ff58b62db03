/** An honest viewer in a process of their own, who goes on asking two servers, one of them under attack, and notes how long each took. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Place {
  readonly url: string;
  readonly pid: number;
  readonly token: string;
}

export interface Noted {
  /** Milliseconds of each answer, without the time for which server or viewer waited for a processor. */
  readonly latenciesMs: readonly number[];
  /** What was answered instead of data, each once. */
  readonly refusals: readonly string[];
}

/** Who asks this often is honest, and notices whatever takes longer. */
const pauseMs = 15;
const body = JSON.stringify({ query: '{ despachos(limit: 1) { id estado } connectionStats { startedAt } }' });

/** What the main thread of a process has done so far, milliseconds. */
function readSchedule(pid: number | 'self'): { readonly ranMs: number; readonly waitedMs: number } {
  // Documentation/scheduler/sched-stats.rst: time on the processor, time in the run queue, time slices; nanoseconds.
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { ranMs: ran! / 1e6, waitedMs: waited! / 1e6 };
}

/** How long an answer would take on a machine that has nothing else to do. */
async function ask({
  url,
  pid,
  token,
}: Place): Promise<{ readonly tookMs: number; readonly refusal?: string }> {
  const begun = { at: performance.now(), server: readSchedule(pid), self: readSchedule('self') };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  const text = await response.text();
  const [server, self] = [readSchedule(pid), readSchedule('self')];
  const wallMs = performance.now() - begun.at;
  const serverWaitedMs = server.waitedMs - begun.server.waitedMs;
  const selfWaitedMs = self.waitedMs - begun.self.waitedMs;
  // Both may have waited at the same time, and while the answer waited to be read the server went on.
  const serverRanMs = server.ranMs - begun.server.ranMs;
  const tookMs = Math.max(0, Math.max(wallMs - serverWaitedMs, serverRanMs) - selfWaitedMs);
  return text.startsWith('{"data":') ? { tookMs } : { tookMs, refusal: `${response.status} ${text}` };
}

class Watch {
  readonly #place: Place;
  #latenciesMs: number[] = [];
  readonly #refusals = new Set<string>();
  #asking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(place: Place) {
    this.#place = place;
  }

  async goOn(): Promise<void> {
    while (!this.#isOver) {
      this.#asking = this.#ask();
      await this.#asking;
      await sleep(pauseMs);
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  async take(): Promise<Noted> {
    // Who was held up is still waiting.
    await this.#asking;
    const noted = { latenciesMs: this.#latenciesMs, refusals: [...this.#refusals] };
    this.#latenciesMs = [];
    this.#refusals.clear();
    return noted;
  }

  async #ask(): Promise<void> {
    try {
      const { tookMs, refusal } = await ask(this.#place);
      this.#latenciesMs.push(tookMs);
      if (refusal !== undefined) this.#refusals.add(refusal);
    } catch (error) {
      this.#refusals.add(error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error));
    }
  }
}

let watches: readonly Watch[] = [];

function visit(places: readonly Place[]): void {
  for (const watch of watches) watch.stop();
  watches = places.map((place) => new Watch(place));
  for (const watch of watches) void watch.goOn();
}

process.on('message', (message: 'take' | { readonly visit: readonly Place[] }) => {
  if (message !== 'take') visit(message.visit);
  else void Promise.all(watches.map((watch) => watch.take())).then((noted) => process.send?.(noted));
});
