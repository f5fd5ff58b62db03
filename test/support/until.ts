/** Waits for a fact that nothing announces. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the first truthy answer of `look`; rejects when there is none for `timeoutMs`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await look();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}
