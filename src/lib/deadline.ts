/** Deadlines for work that may take too long. */
import type { Clock } from './clock.ts';

/** Work took longer than it may. */
export class TookTooLong extends Error {}

/** Resolves when `promise` does, or when `ms` milliseconds have passed. Rejects with what the promise rejects with by then. */
export function atMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, resolve);
    promise.then(() => resolve(), reject).finally(cancel);
  });
}

/** Settles like `promise`, but rejects with TookTooLong after `ms` milliseconds. `what` names the work in the message. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new TookTooLong(`${what} took longer than ${ms} ms.`)));
    promise.then(resolve, reject).finally(cancel);
  });
}
