/** The steps of an event on its way from Redis to sockets, and by which functions of a stack each is known. */
import type { StackTime } from './profile.ts';

/** The first whose pattern fits a stack has its time: what is more particular stands first. */
const steps: readonly (readonly [step: string, pattern: RegExp])[] = [
  ['garbage collection', /^\(garbage collector\)/],
  ['its frames are written to sockets, in the kernel', /^write(Buffer|v)\b[^]*outbox\.ts/],
  ['what clients have received: ping and pong', /acknowledgements\.ts|heartbeat\.ts|inbox\.ts|session\.ts/],
  ['slots are moved', /(realtime|stores)\/slots\//],
  ['receipts are written', /receipts\//],
  ['topics are compared with their logs', /event-log\/checks\.ts/],
  ['its frames are put together for sockets', /outbox\.ts|flush-scheduler\.ts/],
  ['its cursor is signed', /cursors?\/(lazy-cursor|cursor|cursor-keys)\.ts/],
  ['it is executed and serialised', /realtime\/(executions\/)?execution\.ts/],
  ['it is checked for its kind', /modules\/[^]*topic-stream\.ts/],
  ['it is kept for who comes back', /kept-event\.ts|event-window\.ts/],
  ['it is handed to groups and their members', /topic-stream\.ts/],
  ['its text is parsed', /event-log\/envelope\.ts/],
  ['its text is read from Redis', /ioredis|event-log\//],
  ['Node, between all of these', /^/],
];

/** Not of the service: who profiles it, and time in which it has nothing to do. */
const others = /^\(idle\)|node:inspector/;

export interface StepTime {
  readonly step: string;
  readonly us: number;
}

/** In the order of the list. Whatever took no time is there too. */
export function stepTimes(times: readonly StackTime[]): StepTime[] {
  const us = new Map(steps.map(([step]) => [step, 0]));
  for (const time of times) {
    if (others.test(time.stack)) continue;
    const [step] = steps.find(([, pattern]) => pattern.test(time.stack))!;
    us.set(step, us.get(step)! + time.us);
  }
  return [...us].map(([step, time]) => ({ step, us: time }));
}
