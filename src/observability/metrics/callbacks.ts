/** The metrics of subscriptions by HTTP callback. */
import { Counter, Gauge, type Registry } from 'prom-client';

const origins = ['left', 'silent'] as const;

export function createCallbackMetrics(registers: Registry[]) {
  const callbacksTakenOver = new Counter({
    name: 'dispatch_callbacks_taken_over_total',
    help: 'Subscriptions by HTTP callback that this process goes on with, by whom they are from: left (by a process that ended in order) or silent (nothing was heard of their process, or it ran before this one).',
    labelNames: ['from'],
    registers,
  });
  // Prometheus does not see the first increment of a series.
  for (const from of origins) callbacksTakenOver.inc({ from }, 0);
  return {
    callbacks: new Gauge({
      name: 'dispatch_callbacks',
      help: 'Subscriptions by HTTP callback that are open.',
      registers,
    }),
    callbacksKept: new Gauge({
      name: 'dispatch_callbacks_kept',
      help: 'Of those, the ones that are kept, so that another process can go on with them.',
      registers,
    }),
    callbacksTakenOver,
    callbacksReplaced: new Counter({
      name: 'dispatch_callbacks_replaced_total',
      help: 'Subscriptions by HTTP callback that another process has taken from this one, which stood still or could not reach Redis.',
      registers,
    }),
    callbacksEnded: new Counter({
      name: 'dispatch_callbacks_ended_total',
      help: 'Subscriptions by HTTP callback that ended here, by ending: completed, gone (the router said so), refused (nor did it take why), failed, left (another process goes on) or replaced (another process has it already).',
      labelNames: ['ending'],
      registers,
    }),
    callbackMessages: new Counter({
      name: 'dispatch_callback_messages_total',
      help: 'Messages sent to callback addresses, by action and outcome: taken, gone, refused (by what stands before the router, or too long for it) or failed.',
      labelNames: ['action', 'outcome'],
      registers,
    }),
  };
}
