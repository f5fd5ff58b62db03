/** What an operator is told of devices whose clocks are wrong. */
import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { DeviceClocks } from '../../src/modules/location/device-clocks.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ManualClock } from '../support/clock.ts';

const minute = 60_000;

function tDeviceClocks() {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = pino(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        const { msg, viewerId, aheadSeconds } = JSON.parse(String(chunk)) as Record<string, unknown>;
        lines.push(`${viewerId} ${aheadSeconds} ${msg}`);
        done();
      },
    }),
  );
  const devices = new DeviceClocks({ clock, log, metrics });
  const off = async () => {
    const { values } = await metrics.deviceClocksOff.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.direction, value]));
  };
  const report = (viewerId: string, ...aheadMs: readonly (number | null)[]) => {
    for (const each of aheadMs) devices.onReport({ viewerId, outcome: 'newest', aheadMs: each });
  };
  return { clock, devices, metrics, lines, off, report };
}

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

test('a clock that is steadily ahead or behind is counted and named, until it is right', async () => {
  const { off, report, lines } = tDeviceClocks();
  expect(await off()).toEqual({ ahead: 0, behind: 0 });
  // Late ones say nothing against it: no position arrives before it was measured.
  report('eva', ...times(5, 2 * minute), ...times(5, -minute));
  report('pablo', ...times(10, -9 * minute));
  report('ana', ...times(20, -500));
  expect(await off()).toEqual({ ahead: 1, behind: 1 });
  report('eva', ...times(20, 100));
  expect(await off()).toEqual({ ahead: 0, behind: 1 });
  expect(lines).toEqual([
    'eva 120 the clock of a device is ahead: its positions count as of their arrival',
    'pablo -540 the clock of a device is behind, or all its positions arrive late',
    'eva 0 the clock of a device is right again',
  ]);
});

test('one position from the future, a few that are late, or none that is dated say nothing', async () => {
  const { off, report, lines, devices } = tDeviceClocks();
  report('eva', 365 * 24 * 60 * minute, ...times(20, -1_000));
  report('pablo', ...times(9, -9 * minute), -1_000, ...times(9, -9 * minute));
  report('ana', ...Array.from({ length: 20 }, () => null));
  for (let count = 0; count < 20; count++)
    devices.onReport({ viewerId: 'luz', outcome: 'repeated', aheadMs: -5 * minute });
  expect(await off()).toEqual({ ahead: 0, behind: 0 });
  expect(lines).toEqual([]);
});

test('a device that reports no more is forgotten', async () => {
  const { off, report, devices, clock } = tDeviceClocks();
  const stop = devices.start();
  report('eva', ...times(10, 5 * minute));
  await clock.advance(10 * minute);
  expect(await off()).toEqual({ ahead: 1, behind: 0 });
  await clock.advance(10 * minute);
  expect(await off()).toEqual({ ahead: 0, behind: 0 });
  stop();
  expect(clock.pending).toBe(0);
});

test('what is reported is counted by what it was', async () => {
  const { devices, metrics } = tDeviceClocks();
  for (const outcome of ['newest', 'newest', 'older'] as const)
    devices.onReport({ viewerId: 'eva', outcome, aheadMs: null });
  const { values } = await metrics.positions.get();
  expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
    ['newest', 2],
    ['older', 1],
    ['repeated', 0],
  ]);
});
