/** Proves what the bench concludes from pairs of runs: their order, ratios, quartiles, when a difference is one, and what it warns of. */
import { describe, expect, test } from '@jest/globals';
import { runPairs } from '../../bench/against/pairs.ts';
import { warningsOf } from '../../bench/against/warnings.ts';
import { parseOptions } from '../../bench/options.ts';
import { formatComparisons } from '../../bench/report/comparison-table.ts';
import { compare, compareFigure, isWithinSpread } from '../../bench/report/comparison.ts';
import type { Figures, Measured } from '../../bench/workloads/workload.ts';

const measured = (figures: Figures): Measured => ({ rows: [{ workload: 'hot', figures }], samples: [] });
/** Pairs with these ratios and different bases. */
const ofRatios = (...ratios: readonly number[]) =>
  compareFigure(ratios.map((ratio, at) => [10 + at, (10 + at) * ratio]));
const rounded = (numbers: readonly number[]) => numbers.map((number) => Number(number.toFixed(6)));

describe('the command line', () => {
  test('compares in ten pairs, and the workloads that count deliveries, unless told otherwise', () => {
    const options = parseOptions(['--against', 'main']);
    expect(options).toMatchObject({ against: 'main', pairs: 10, scale: 1 });
    expect(options.workloads.map(({ name }) => name)).toEqual(['hot', 'board', 'many']);
    expect(parseOptions(['--against', 'main', '--pairs', '4', '--only', 'http'])).toMatchObject({
      pairs: 4,
      workloads: [{ name: 'http' }],
    });
  });

  test.each([
    [['--pairs', '4'], '--pairs goes only with --against'],
    [['--against', 'main', '--runs', '4'], '--runs does not go with --against'],
    [['--against', 'main', '--subjects', 'raw'], '--subjects does not go with --against'],
    [['--against', 'main', '--pairs', '0'], '--pairs is "0". It must be a whole number from 1 to 100'],
  ])('refuses %j', (args, message) => expect(() => parseOptions(args)).toThrow(message));
});

describe('the runs', () => {
  test('are one of each right after the other, and who is first changes', async () => {
    const order: string[] = [];
    const pairs = await runPairs(
      3,
      (side, number) => {
        order.push(`${number} ${side}`);
        return Promise.resolve(measured({ number, isBase: side === 'base' ? 1 : 0 }));
      },
      (_side, _number, error) => {
        throw error;
      },
    );
    expect(order).toEqual(['1 base', '1 own', '2 own', '2 base', '3 base', '3 own']);
    const figures = pairs.map(({ base, own }) => [base.rows[0]!.figures, own.rows[0]!.figures]);
    expect(figures).toEqual(
      [1, 2, 3].map((number) => [
        { number, isBase: 1 },
        { number, isBase: 0 },
      ]),
    );
  });

  test('make no pair where one fails, and end when another does', async () => {
    const failures: string[] = [];
    const run = (failing: readonly number[]) => {
      failures.length = 0;
      return runPairs(
        5,
        (side, number) =>
          failing.includes(number) && side === 'own'
            ? Promise.reject(new Error('no'))
            : Promise.resolve(measured({})),
        (side, number, { message }) => failures.push(`${number} ${side} ${message}`),
      );
    };
    expect(await run([2])).toHaveLength(4);
    expect(failures).toEqual(['2 own no']);
    expect(await run([2, 3, 4])).toHaveLength(1);
    expect(failures).toEqual(['2 own no', '3 own no']);
  });
});

describe('a comparison', () => {
  test('has the median, the quartiles and the ends of the ratios pair by pair, not the ratio of medians', () => {
    // The machine becomes four times as slow during the runs; the change makes a difference of a tenth.
    const { base, own, ratio } = compareFigure([
      [10, 11],
      [20, 22],
      [40, 36],
    ]);
    expect({ base, own }).toEqual({ base: 20, own: 22 });
    expect(ratio.median).toBeCloseTo(1.1);
    expect(ratio.min).toBeCloseTo(0.9);
    expect(ratio.max).toBeCloseTo(1.1);
    const { lowerQuartile, upperQuartile } = ofRatios(1, 2, 3, 4, 5).ratio;
    expect(rounded([lowerQuartile, upperQuartile])).toEqual([2, 4]);
    expect(ofRatios(1, 2, 3, 4).ratio.median).toBeCloseTo(2.5);
  });

  test('gives the median an interval of 95 %: of ten pairs from the second to the second to last', () => {
    const spread = [0.9, 0.92, 0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06, 1.5];
    expect(rounded(ofRatios(...spread).interval!)).toEqual([0.92, 1.06]);
    expect(rounded(ofRatios(...spread.slice(0, 6)).interval!)).toEqual([0.9, 1]);
    expect(ofRatios(...spread.slice(0, 5)).interval).toBeNull();
    const twenty = Array.from({ length: 20 }, (_, at) => 1 + at / 100);
    expect(rounded(ofRatios(...twenty).interval!)).toEqual([1.05, 1.14]);
  });

  test('counts a difference as one when the interval does not hold 1', () => {
    const shifted = (by: number) =>
      ofRatios(...[0.97, 0.98, 0.985, 0.99, 0.995, 1, 1.005, 1.01, 1.02, 1.03].map((ratio) => ratio * by));
    expect([1, 1.01, 1.05, 0.95].map((by) => isWithinSpread(shifted(by)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isWithinSpread(ofRatios(2, 2, 2))).toBeNull();
    const table = formatComparisons(
      [1, 1.05, 0.95].map((by) => ({ workload: 'hot', figure: `× ${by}`, ...shifted(by) })),
    );
    expect(table).toMatch(/\| × 1 .*within the runs' own spread/);
    expect(table).toMatch(/\| × 1\.05 .*more than the base/);
    expect(table).toMatch(/\| × 0\.95 .*less than the base/);
  });

  test('is in CPU per delivery and per request, with what else was measured, each rate by itself', () => {
    const figures = (cpuUs: number): Figures => ({
      deliveriesPerCpuSecond: 1e6 / cpuUs,
      requestsPerCpuSecond: null,
      usPerSubscribe: 100 * cpuUs,
      p99Ms: 3 * cpuUs,
      deliveredShare: 1,
    });
    const rows = (cpuUs: number) => [
      { workload: 'load', figures: { eventsPerSecond: 5, ...figures(cpuUs) } },
      { workload: 'load', figures: { eventsPerSecond: 10, ...figures(2 * cpuUs) } },
    ];
    const found = compare([{ base: rows(8), own: rows(10) }]);
    const shown = found.map(({ workload, figure, base, own }) => [workload, figure, ...rounded([base, own])]);
    expect(shown).toEqual([
      ['load at 5 events/s', 'µs CPU/delivery', 8, 10],
      ['load at 5 events/s', 'µs CPU/subscribe', 800, 1000],
      ['load at 5 events/s', 'p99 ms', 24, 30],
      ['load at 10 events/s', 'µs CPU/delivery', 16, 20],
      ['load at 10 events/s', 'µs CPU/subscribe', 1600, 2000],
      ['load at 10 events/s', 'p99 ms', 48, 60],
    ]);
    for (const { ratio } of found) expect(ratio.median).toBeCloseTo(1.25);
  });

  test('leaves out pairs of which a figure is missing', () => {
    const rows = (p99Ms: number | null) => measured({ p99Ms }).rows;
    const [found] = compare([
      { base: rows(1), own: rows(2) },
      { base: rows(null), own: rows(2) },
      { base: rows(1), own: rows(null) },
    ]);
    expect(found!.pairs).toEqual([[1, 2]]);
  });
});

describe('the warnings', () => {
  const run = (figures: Figures, ...samples: readonly unknown[]): Measured => ({
    rows: [{ workload: 'hot', figures }],
    samples,
  });
  const quiet = run({ deliveredShare: 1, waitedShare: 0.02 });

  test('are none where both were measured well', () => {
    expect(warningsOf([{ base: quiet, own: quiet }], 1)).toEqual([]);
    expect(warningsOf([{ base: run({ p99Ms: 1 }), own: run({ p99Ms: 1 }) }], 1)).toEqual([]);
  });

  test('say when a side fell behind, when the machine was busy, and when clients were shown different things', () => {
    const late = run({ deliveredShare: 0.6, waitedShare: 0.02 });
    const disturbed = run({ deliveredShare: 1, waitedShare: 0.4 });
    const pairs = [
      { base: late, own: quiet },
      { base: quiet, own: disturbed },
    ];
    expect(warningsOf(pairs, 1)).toEqual([
      expect.stringContaining('the base fell behind in 1 of 2 measurements'),
      expect.stringContaining("something else ran on the server's core in 1 of 2 measurements of this tree"),
    ]);
    expect(warningsOf(pairs.slice(0, 1), 0.5)).toEqual([]);
    const [one, other] = [1, 2].map((version) => run({}, { id: 'a', payload: { version } }));
    expect(warningsOf([{ base: one!, own: one! }], 1)).toEqual([]);
    expect(warningsOf([{ base: one!, own: other! }], 1)).toEqual([
      expect.stringContaining('the two services do not send the same to their clients'),
    ]);
  });
});
