/** Formats a comparison as a table: a line for each figure, with its ratios and what they say. */
import { isWithinSpread, type Comparison } from './comparison.ts';
import { layOut } from './table.ts';

const head = [
  'figure',
  'base',
  'this tree',
  'ratio',
  'quartiles',
  'least to most',
  '95 % interval',
  'pairs',
  'difference',
];

/** The figures of one row, as a Markdown table. */
export function formatComparisons(comparisons: readonly Comparison[]): string {
  const lines = comparisons.map((comparison) => {
    const { figure, base, own, ratio, interval, pairs } = comparison;
    return [
      figure,
      value(base),
      value(own),
      ratio.median.toFixed(3),
      range(ratio.lowerQuartile, ratio.upperQuartile),
      range(ratio.min, ratio.max),
      interval ? range(...interval) : '–',
      String(pairs.length),
      difference(comparison),
    ];
  });
  return layOut([head, ...lines]);
}

const value = (number: number) =>
  number.toLocaleString('en', { maximumSignificantDigits: 4, minimumSignificantDigits: 3 });

const range = (low: number, high: number) => `${low.toFixed(3)}–${high.toFixed(3)}`;

function difference(comparison: Comparison): string {
  const isWithin = isWithinSpread(comparison);
  if (isWithin === null) return 'too few pairs to tell';
  if (isWithin) return "within the runs' own spread";
  return comparison.ratio.median < 1 ? 'less than the base' : 'more than the base';
}
