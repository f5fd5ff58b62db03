/** Decides which part of the world the map shows: what matters, what the viewer has moved it to, or the ambulance that they keep to. */
import type { Point } from '../data/dispatch.ts';
import { between, centreOn, fit, isInside, isWorthMoving, pan, project, zoom } from './camera.ts';
import type { Camera, Pixel, Size } from './camera.ts';

interface Flight {
  readonly from: Camera;
  readonly to: Camera;
  readonly startMs: number;
}

const fitMarginPx = 56;
const edgePx = 40;
const flightMs = 900;
/** A change of the view over more degrees than this (to another city) is not animated. */
const farDegrees = 2;

export class Viewpoint {
  #size: Size = { width: 0, height: 0 };
  #flight: Flight | undefined;
  /** The viewer has moved the map, so it does not move by itself. */
  #isHeld = false;

  get size(): Size {
    return this.#size;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  resize(size: Size): void {
    this.#size = size;
    // What the viewer has chosen stays in the middle; what is fitted is fitted anew.
    if (!this.#isHeld) this.#flight = undefined;
  }

  /** Shows whatever matters, from now on. */
  release(): void {
    this.#isHeld = false;
  }

  pan(by: Pixel, nowMs: number): void {
    this.#hold(pan(this.at(nowMs), this.#size, by));
  }

  zoom(factor: number, at: Pixel, nowMs: number): void {
    this.#hold(zoom(this.at(nowMs), this.#size, factor, at));
  }

  /** Flies to where all of them can be seen, and stays there. */
  visit(points: readonly [Point, ...Point[]], nowMs: number): void {
    this.#isHeld = true;
    this.#fly(fit(points, this.#size, fitMarginPx), nowMs);
  }

  /** Keeps what moves in the middle, as large as it is. */
  keepTo(point: Point, nowMs: number): void {
    const camera = centreOn(this.at(nowMs), point);
    this.#flight = { from: camera, to: camera, startMs: -Infinity };
  }

  /** The viewer asks for it: it is moved into view, if it is not there. */
  reveal(point: Point, nowMs: number): void {
    const camera = this.#flight?.to;
    if (!camera || isInside(project(point, camera, this.#size), this.#size, -edgePx)) return;
    this.#fly(centreOn(camera, point), nowMs);
  }

  /** Unless the viewer holds it, it flies to where all these points can be seen, when that is worth while. */
  look(points: readonly Point[], nowMs: number): void {
    const [first, ...more] = points;
    if (!first || (this.#isHeld && this.#flight)) return;
    const to = fit([first, ...more], this.#size, fitMarginPx);
    if (!this.#flight) this.#flight = { from: to, to, startMs: -Infinity };
    else if (isWorthMoving(this.#flight.to, to, points, this.#size, edgePx)) this.#fly(to, nowMs);
  }

  isFlying(nowMs: number): boolean {
    return this.#flight !== undefined && nowMs < this.#flight.startMs + flightMs;
  }

  at(nowMs: number): Camera {
    if (!this.#flight) return whole(this.#size);
    const { from, to, startMs } = this.#flight;
    const share = Math.min(1, Math.max(0, (nowMs - startMs) / flightMs));
    return share === 1 ? to : between(from, to, share * share * (3 - 2 * share));
  }

  #fly(to: Camera, nowMs: number): void {
    const flies = this.#flight && !isFar(this.#flight.to, to) && Number.isFinite(nowMs);
    const startMs = flies ? nowMs : -Infinity;
    this.#flight = { from: this.at(nowMs), to, startMs };
  }

  #hold(camera: Camera): void {
    this.#isHeld = true;
    this.#flight = { from: camera, to: camera, startMs: -Infinity };
  }
}

const whole = ({ width }: Size): Camera => ({
  centre: { latitud: 0, longitud: 0 },
  pixelsPerDegree: width / 360,
});

const isFar = (from: Camera, to: Camera) =>
  Math.hypot(from.centre.latitud - to.centre.latitud, from.centre.longitud - to.centre.longitud) > farDegrees;
