/** A histogram for what happens very often says the same as that of prom-client. */
import { expect, test } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { FrequentHistogram } from '../../src/observability/frequent-histogram.ts';

test('what it shows Prometheus is what prom-client shows of the same values', async () => {
  const about = { name: 'seconds', help: 'How long it took.', buckets: [0.5, 1, 5] };
  const [own, theirs] = [new Registry(), new Registry()];
  const frequent = new FrequentHistogram({ ...about, registers: [own] });
  const usual = new Histogram({ ...about, registers: [theirs] });
  for (const value of [0, 0.25, 0.5, 0.75, 1, 4, 5, 5.5, 100]) {
    frequent.add(value);
    usual.observe(value);
  }
  expect(await own.metrics()).toBe(await theirs.metrics());
  expect((await usual.get()).values).toMatchObject((await frequent.get()).values);
});

test('so it does with labels, of which each series is shown by itself', async () => {
  const labelNames = ['type', 'outcome'] as const;
  const about = { name: 'seconds', help: 'How long it took.', buckets: [0.5, 1], labelNames };
  const [own, theirs] = [new Registry(), new Registry()];
  const frequent = new FrequentHistogram({ ...about, registers: [own] });
  const usual = new Histogram({ ...about, registers: [theirs] });
  expect(await own.metrics()).toBe(await theirs.metrics());
  for (const [value, type, outcome] of [
    [0.25, 'query', 'ok'],
    [4, 'mutation', 'ok'],
    [0.75, 'query', 'ok'],
    [1, 'query', 'FORBIDDEN'],
  ] as const) {
    frequent.of(type, outcome).add(value);
    usual.observe({ type, outcome }, value);
  }
  expect(await own.metrics()).toBe(await theirs.metrics());
});
