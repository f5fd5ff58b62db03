/** Formats what more processes cost, as a table. */
import type { SceneFigures } from './measure.ts';
import { layOut } from '../../report/table.ts';

/** `most`: so many processes ran at the most, since there was no memory for more; null where all ran that were asked for. */
export function formatScale(figures: readonly SceneFigures[], most: number | null): string {
  const head = [
    ...[
      'who watches',
      'processes',
      'events/s',
      'deliveries/s',
      'delivered',
      'µs a delivery',
      'µs an event, all',
    ],
    ...[
      'each',
      'read unwatched',
      'µs for one',
      'µs of Redis',
      'at rest, each',
      'busiest',
      'MB each',
      'p99 ms',
    ],
  ];
  const rows = figures.map((row) => [
    ...[row.name, String(row.processes), whole(row.eventsPerSecond), whole(row.deliveriesPerSecond)],
    ...[row.deliveredShare.toFixed(2), row.usPerDelivery.toFixed(1), row.usPerEvent.toFixed(0)],
    ...[(row.usPerEvent / row.processes).toFixed(0), whole(row.unwatchedEventsRead)],
    ...[optional(row.usPerUnwatchedEvent), row.redisUsPerEvent.toFixed(0)],
    ...[percent(row.restShareEach), percent(row.busiestShare)],
    ...[row.residentMbEach.toFixed(0), optional(row.p99Ms)],
  ]);
  const table = layOut([head, ...rows]);
  return most === null ? table : `${table}\n\nThere was no memory for more than ${most} processes.`;
}

const whole = (value: number | null) => (value === null ? '–' : Math.round(value).toLocaleString('en'));
const optional = (value: number | null) => (value === null ? '–' : value.toFixed(1));

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
