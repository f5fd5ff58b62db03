/** Moves one ambulance smoothly from report to report, and keeps its trail. */
import { wrap } from '../map/camera.ts';
import type { Location, Point } from './dispatch.ts';

const maxTrailPoints = 32;
/** An ambulance is drawn on its way to the last report for as long as that report took to come, within these bounds. */
const minGlideMs = 300;
const maxGlideMs = 4_000;
/** Further than an ambulance drives between two reports, in degrees: it is then shown at the new place at once. */
const jumpDegrees = 0.2;
/** As many tell how fast it is. */
const recentReports = 6;

export class Vehicle {
  /** Reported positions, oldest first; it is drawn moving to the last one. */
  #reports: Location[] = [];
  #from: Point;
  #startMs = 0;
  #glideMs = 0;

  /** `trail`: earlier positions, oldest first. */
  constructor(trail: readonly [Location, ...Location[]]) {
    this.#reports = trail.slice(-maxTrailPoints);
    this.#from = this.last;
  }

  /** The last report. */
  get last(): Location {
    return this.#reports.at(-1)!;
  }

  /** The last reports, oldest first. */
  get recent(): readonly Location[] {
    return this.#reports.slice(-recentReports);
  }

  report(location: Location, nowMs: number): void {
    const { last } = this;
    if (isSame(last, location)) {
      // It stands still, and says so: that is newer than before.
      this.#reports[this.#reports.length - 1] = location;
      return;
    }
    const isJump = distanceDegrees(last, location) > jumpDegrees;
    this.#from = isJump ? location : this.position(nowMs);
    this.#glideMs = Math.min(maxGlideMs, Math.max(minGlideMs, nowMs - this.#startMs));
    this.#startMs = nowMs;
    if (isJump) this.#reports = [];
    this.#reports.push(location);
    if (this.#reports.length > maxTrailPoints) this.#reports.shift();
  }

  position(nowMs: number): Point {
    const share = this.#share(nowMs);
    const { last } = this;
    return {
      latitud: this.#from.latitud + (last.latitud - this.#from.latitud) * share,
      longitud: wrap(this.#from.longitud + wrap(last.longitud - this.#from.longitud) * share),
    };
  }

  isMoving(nowMs: number): boolean {
    return this.#share(nowMs) < 1;
  }

  /** Earlier positions, oldest first, up to where it is drawn now. */
  trail(nowMs: number): readonly Point[] {
    return [...this.#reports.slice(0, -1), this.position(nowMs)];
  }

  #share(nowMs: number): number {
    return this.#glideMs === 0 ? 1 : Math.min(1, Math.max(0, (nowMs - this.#startMs) / this.#glideMs));
  }
}

const isSame = (a: Point, b: Point) => a.latitud === b.latitud && a.longitud === b.longitud;

const distanceDegrees = (a: Point, b: Point) =>
  Math.hypot(a.latitud - b.latitud, wrap(a.longitud - b.longitud) * Math.cos((a.latitud * Math.PI) / 180));
