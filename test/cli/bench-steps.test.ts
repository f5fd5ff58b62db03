/** Of which step of an event's way the time is that a profile shows. */
import { expect, test } from '@jest/globals';
import { stackTimes, type CpuProfile } from '../../bench/tables/steps/profile.ts';
import { stepTimes } from '../../bench/tables/steps/steps.ts';

/** A profile of calls, each from its caller inwards, with their microseconds. */
function profileOf(calls: readonly (readonly [us: number, ...stack: string[]])[]): CpuProfile {
  const nodes = [{ id: 1, callFrame: { functionName: '(root)', url: '' }, children: [] as number[] }];
  const samples: number[] = [];
  for (const [, ...stack] of calls) {
    let at = nodes[0]!;
    for (const frame of stack) {
      const [functionName = '', url = ''] = frame.split(' ');
      const node = { id: nodes.length + 1, callFrame: { functionName, url }, children: [] };
      at.children.push(node.id);
      nodes.push((at = node));
    }
    samples.push(at.id);
  }
  return { nodes, samples, timeDeltas: calls.map(([us]) => us) };
}

test('time belongs to the most particular step of its stack, and what is idle or profiles to none', () => {
  const topic = 'onEntry src/realtime/topics/topic-stream.ts';
  const profile = profileOf([
    [7, '(garbage collector)'],
    [90, '(idle)'],
    [80, 'post node:inspector'],
    [
      5,
      'parse node_modules/ioredis/parser.js',
      topic,
      'run src/realtime/executions/execution.ts',
      'serialize',
    ],
    [3, 'parse node_modules/ioredis/parser.js', topic],
    [2, 'flush src/transports/outbox.ts', 'writeBuffer'],
    [4, 'flush src/transports/outbox.ts', 'copy node:buffer'],
    [1, 'processTimers node:internal/timers'],
  ]);
  const steps = stepTimes(stackTimes(profile)).filter(({ us }) => us > 0);
  expect(Object.fromEntries(steps.map(({ step, us }) => [step, us]))).toEqual({
    'garbage collection': 7,
    'it is executed and serialised': 5,
    'it is handed to groups and their members': 3,
    'its frames are written to sockets, in the kernel': 2,
    'its frames are put together for sockets': 4,
    'Node, between all of these': 1,
  });
});
