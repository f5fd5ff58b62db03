/** Counts what is reported, and tells which devices date their positions by a clock that is wrong, as far as their reports show it. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import { cacheTime, type Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { ReportOutcome } from './location-repository.ts';

export interface DeviceClocksOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'deviceClocksOff' | 'positions'>;
}

type Direction = 'ahead' | 'behind';

/** A position that was reported. */
export interface Report {
  /** Whose device it is: a device is a viewer. */
  readonly viewerId: string;
  readonly outcome: ReportOutcome;
  /** How far it was dated ahead of its arrival, milliseconds; below 0 behind; null where its device did not date it. */
  readonly aheadMs: number | null;
}

interface Device {
  /** How far the dates of its last positions were ahead of their arrival, milliseconds; below 0 behind. */
  readonly aheadMs: number[];
  off: Direction | null;
}

/** Positions that a device is judged by. */
const judged = 10;
/** Below this a clock is a little wrong, or the network slow, milliseconds. */
const toleranceMs = 60_000;
/** Devices that are known at a time. Past the bound those that reported longest ago are judged anew. */
const maxDevices = 10_000;
/** How long a device is known that reports nothing, milliseconds. */
const forgottenAfterMs = 15 * 60_000;
const forgetEveryMs = 60_000;

/**
 * No position arrives before it was measured, so a device of which half of the last ten are dated more than a minute ahead has a clock
 * that is ahead. Positions may arrive late, so its clock counts as behind only when all ten are: or it always reports late.
 */
export class DeviceClocks {
  readonly #options: DeviceClocksOptions;
  readonly #devices: LRUCache<string, Device>;
  readonly #off = { ahead: 0, behind: 0 };

  constructor(options: DeviceClocksOptions) {
    this.#options = options;
    this.#devices = new LRUCache<string, Device>({
      ...mostEntries(maxDevices),
      ttl: forgottenAfterMs,
      ttlResolution: 0,
      perf: cacheTime(options.clock),
      dispose: ({ off }, _viewerId, reason) => {
        if (reason !== 'set') this.#count(off, null);
      },
    });
    this.#count(null, null);
  }

  /** Takes what a device has reported. A position that is sent again tells nothing of its clock. */
  onReport({ viewerId, outcome, aheadMs }: Report): void {
    this.#options.metrics.positions.inc({ outcome });
    if (outcome !== 'repeated' && aheadMs !== null) this.#note(viewerId, aheadMs);
  }

  #note(viewerId: string, aheadMs: number): void {
    const device = this.#devices.get(viewerId) ?? { aheadMs: [], off: null };
    device.aheadMs.push(aheadMs);
    if (device.aheadMs.length > judged) device.aheadMs.shift();
    this.#devices.set(viewerId, device);
    if (device.aheadMs.length === judged) this.#judge(viewerId, device);
  }

  /** Forgets devices that report no more, from time to time. The returned function ends that. */
  start(): () => void {
    let cancel = () => {};
    const wait = () => {
      cancel = this.#options.clock.after(forgetEveryMs, () => {
        this.#devices.purgeStale();
        wait();
      });
    };
    wait();
    return () => cancel();
  }

  #judge(viewerId: string, device: Device): void {
    const off = directionOf(device.aheadMs);
    if (off === device.off) return;
    this.#count(device.off, off);
    device.off = off;
    const { log } = this.#options;
    const about = { viewerId, aheadSeconds: Math.round(medianOf(device.aheadMs) / 1_000) };
    if (off === null) log.info(about, 'the clock of a device is right again');
    else if (off === 'ahead')
      log.warn(about, 'the clock of a device is ahead: its positions count as of their arrival');
    else log.warn(about, 'the clock of a device is behind, or all its positions arrive late');
  }

  #count(before: Direction | null, after: Direction | null): void {
    if (before) this.#off[before] -= 1;
    if (after) this.#off[after] += 1;
    for (const direction of ['ahead', 'behind'] as const)
      this.#options.metrics.deviceClocksOff.set({ direction }, this.#off[direction]);
  }
}

function directionOf(aheadMs: readonly number[]): Direction | null {
  if (aheadMs.filter((ms) => ms > toleranceMs).length * 2 >= aheadMs.length) return 'ahead';
  return aheadMs.every((ms) => ms < -toleranceMs) ? 'behind' : null;
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
