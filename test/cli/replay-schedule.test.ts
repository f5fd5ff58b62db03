/** Proves when the replay sends each step: the pace, the order, and how many at the same time. */
import { describe, expect, test } from '@jest/globals';
import { play } from '../../src/cli/replay/schedule.ts';
import type { DispatchPlan, Step } from '../../src/cli/replay/calls/timeline.ts';
import { ManualClock } from '../support/clock.ts';

const second = 1_000;
const logStart = Date.UTC(2017, 0, 1);

/** A dispatch with steps at these seconds of the log. */
function tPlan(rowId: string, ...seconds: [number, ...number[]]): DispatchPlan {
  const place = { latitud: 37.77, longitud: -122.42, direccion: '' };
  const [first, ...rest] = seconds.map((at): Step => ({ kind: 'create', atMs: logStart + at * second }));
  if (!first) throw new Error('A plan has at least one step.');
  const input = { origen: place, prioridad: 'MEDIA', incidente: 'OTRO', observaciones: '' } as const;
  return { rowId, ambulanciaId: 'A1', input, steps: [first, ...rest] };
}

/** Replays the plans on a clock that is moved by hand. A step stays under way until the test answers it, or is answered at once. */
function tPlay(plans: DispatchPlan[], { speed = 1, concurrency = 10, answerAtOnce = true } = {}) {
  const clock = new ManualClock();
  const startedAt = clock.now();
  const stop = new AbortController();
  const sent: string[] = [];
  const ended: string[] = [];
  const late: number[] = [];
  const underWay = new Map<string, PromiseWithResolvers<boolean>>();
  const finished = play({
    plans: plans.values(),
    open: ({ rowId }) => ({
      send: (step) => {
        sent.push(`${rowId}:${(step.atMs - logStart) / second}@${(clock.now() - startedAt) / second}`);
        const answer = Promise.withResolvers<boolean>();
        underWay.set(rowId, answer);
        if (answerAtOnce) answer.resolve(true);
        return answer.promise;
      },
    }),
    onStep: (_atMs, lateMs) => void late.push(lateMs),
    onDispatchEnd: (complete) => void ended.push(complete ? 'complete' : 'given up'),
    ...{ speed, concurrency, clock, signal: stop.signal },
  });
  const answer = async (rowId: string, goOn = true) => {
    underWay.get(rowId)?.resolve(goOn);
    await clock.advance(0);
  };
  return { clock, stop, sent, ended, late, underWay, finished, answer };
}

describe('the pace of a replay', () => {
  test('is that of the log at speed 1, and twenty times as fast at 20', async () => {
    const real = tPlay([tPlan('a', 0, 60), tPlan('b', 40)]);
    await real.clock.advance(39 * second);
    expect(real.sent).toEqual(['a:0@0']);
    await real.clock.advance(21 * second);
    expect(real.sent).toEqual(['a:0@0', 'b:40@40', 'a:60@60']);
    await real.finished;

    const fast = tPlay([tPlan('a', 0, 60), tPlan('b', 40)], { speed: 20 });
    await fast.clock.advance(3 * second);
    await fast.finished;
    expect(fast.sent).toEqual(['a:0@0', 'b:40@2', 'a:60@3']);
    expect(fast.clock.pending).toBe(0);
  });

  test('at max has no waiting, and keeps the order of the log', async () => {
    const { sent, finished } = tPlay([tPlan('a', 0, 5, 9), tPlan('b', 3, 6), tPlan('c', 7)], {
      speed: Infinity,
      concurrency: 1,
    });
    await finished;
    expect(sent).toEqual(['a:0@0', 'b:3@0', 'a:5@0', 'b:6@0', 'c:7@0', 'a:9@0']);
  });

  test('is caught up with after a delay, which is reported', async () => {
    const { clock, sent, late, finished, answer } = tPlay([tPlan('a', 0, 10, 20)], { answerAtOnce: false });
    await clock.advance(30 * second);
    await answer('a');
    await answer('a');
    expect(sent).toEqual(['a:0@0', 'a:10@30', 'a:20@30']);
    expect(late).toEqual([0, 20 * second, 10 * second]);
    await answer('a');
    await finished;
  });
});

describe('the steps under way', () => {
  test('are one for each dispatch: the next goes out when the one before was answered', async () => {
    const { clock, sent, answer } = tPlay([tPlan('a', 0, 1), tPlan('b', 2)], {
      speed: Infinity,
      answerAtOnce: false,
    });
    await clock.advance(0);
    expect(sent).toEqual(['a:0@0', 'b:2@0']);
    await answer('a');
    expect(sent).toEqual(['a:0@0', 'b:2@0', 'a:1@0']);
  });

  test('are never more than the concurrency allows', async () => {
    const plans = Array.from({ length: 6 }, (_, index) => tPlan(`p${index}`, index));
    const { clock, sent, answer } = tPlay(plans, { speed: Infinity, concurrency: 4, answerAtOnce: false });
    await clock.advance(0);
    expect(sent).toHaveLength(4);
    await answer('p2');
    expect(sent.at(-1)).toBe('p4:4@0');
    expect(sent).toHaveLength(5);
  });

  test('of a dispatch that is given up are its last', async () => {
    const { sent, ended, finished, answer } = tPlay([tPlan('a', 0, 1), tPlan('b', 0)], {
      speed: Infinity,
      answerAtOnce: false,
    });
    await answer('a', false);
    await answer('b');
    await finished;
    expect(sent).toEqual(['a:0@0', 'b:0@0']);
    expect(ended).toEqual(['given up', 'complete']);
  });
});

describe('a replay ends', () => {
  test('when it is stopped, after what is under way, and without a timer left', async () => {
    const { clock, stop, sent, finished, answer } = tPlay([tPlan('a', 0, 10), tPlan('b', 10)], {
      answerAtOnce: false,
    });
    await clock.advance(1 * second);
    stop.abort();
    let over = false;
    const done = finished.then(() => (over = true));
    await clock.advance(20 * second);
    expect(over).toBe(false);
    await answer('a');
    await done;
    expect(sent).toEqual(['a:0@0']);
    expect(clock.pending).toBe(0);
  });

  test('at once when it is stopped while it waits', async () => {
    const { clock, stop, finished } = tPlay([tPlan('a', 0), tPlan('b', 3_600)]);
    await clock.advance(1 * second);
    stop.abort();
    await finished;
    expect(clock.pending).toBe(0);
  });

  test('with the error of a step that ends it, after the others under way', async () => {
    const { clock, underWay, finished, answer } = tPlay([tPlan('a', 0), tPlan('b', 0), tPlan('c', 5)], {
      answerAtOnce: false,
    });
    await clock.advance(0);
    const failing = expect(finished).rejects.toThrow('refused');
    underWay.get('a')?.reject(new Error('refused'));
    await clock.advance(10 * second);
    expect(underWay.has('c')).toBe(false);
    await answer('b');
    await failing;
  });

  test('at once when there is nothing to play', async () => {
    const { sent, finished } = tPlay([]);
    await finished;
    expect(sent).toEqual([]);
  });
});
