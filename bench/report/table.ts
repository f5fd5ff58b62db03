/** Formats the figures as a table: a row for each subject, with its ratios to `plain` and `raw`. */
import type { Row } from './rows.ts';

interface Column {
  readonly title: string;
  readonly figure: string;
  readonly digits: number;
  /** Whether the ratios to `plain` and `raw` follow it. */
  readonly hasRatios: boolean;
}

const column = (title: string, figure: string, digits: number, hasRatios = false): Column => ({
  ...{ title, figure, digits, hasRatios },
});

/** A table leaves out columns whose figure none of its rows has. */
const columns = [
  column('second', 'second', 0),
  column('events/s', 'eventsPerSecond', 0),
  column('deliveries/CPU-s', 'deliveriesPerCpuSecond', 0, true),
  column('requests/CPU-s', 'requestsPerCpuSecond', 0, true),
  column('delivered', 'deliveredShare', 2),
  column('CPU', 'cpuShare', 2),
  column('p50 ms', 'p50Ms', 1),
  column('p99 ms', 'p99Ms', 1),
  column('KB/connection', 'kbPerConnection', 1, true),
  column('KB/subscription', 'kbPerSubscription', 2, true),
  column('µs/subscribe', 'usPerSubscribe', 0, true),
  column('resident MB', 'residentMb', 0),
  column('heap MB', 'heapMb', 1),
  column('× heap before', 'heapGrowth', 3),
  column('reconnected', 'reconnected', 0),
  column('s until live', 'secondsUntilLive', 2),
  column('lost', 'lost', 0),
  column('doubled', 'doubled', 0),
  column('replayed', 'replayed', 0),
  column('gaps', 'gaps', 0),
  column('slow readers', 'slowReaders', 0),
  column('executions', 'executions', 0),
  column('distinct events', 'distinctEvents', 0),
];

/** The rows of one workload, as a Markdown table. */
export function formatTable(rows: readonly Row[]): string {
  const shown = columns.filter(({ figure }) => rows.some((row) => row[figure] != null));
  const head = [
    'subject',
    ...shown.flatMap(({ title, hasRatios }) => (hasRatios ? [title, '× plain', '× raw'] : [title])),
  ];
  const body = rows.map((row) => [
    row.subject,
    ...shown.flatMap((each) =>
      each.hasRatios ? [cell(row, each), ...ratios(row, rows, each)] : [cell(row, each)],
    ),
  ]);
  return layOut([head, ...body]);
}

function cell(row: Row, { figure, digits }: Column): string {
  const value = row[figure];
  return typeof value === 'number'
    ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–';
}

function ratios(row: Row, rows: readonly Row[], { figure }: Column): string[] {
  return (['plain', 'raw'] as const).map((name) => {
    const other = rows.find((each) => each.subject === name && isOfSameCase(each, row));
    const ratio = ratioOf(row[figure], other?.[figure]);
    return ratio === null ? '–' : ratio.toFixed(2);
  });
}

/** Rows of one workload may be of several rates, or times. */
const isOfSameCase = (one: Row, other: Row) =>
  one['eventsPerSecond'] === other['eventsPerSecond'] && one['second'] === other['second'];

export function ratioOf(one: Row[string] | undefined, other: Row[string] | undefined): number | null {
  return typeof one === 'number' && typeof other === 'number' && other > 0 ? one / other : null;
}

export function layOut(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  const format = (line: readonly string[]) =>
    `| ${line.map((text, index) => (index === 0 ? text.padEnd(widths[index]!) : text.padStart(widths[index]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head, ...body] = lines.map(format);
  return [head, rule, ...body].join('\n');
}
