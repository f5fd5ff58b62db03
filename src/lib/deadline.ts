/** Owns deadlines: what has not happened within a time is given up. */
import type { Clock } from './clock.ts';

/** Settles like `promise`; rejects when that takes longer than `ms` milliseconds, naming `what` did. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error(`${what} took longer than ${ms} ms.`)));
    promise.then(resolve, reject).finally(cancel);
  });
}
