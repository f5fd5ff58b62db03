/** Shows the map: chooses the part of the world, and draws all dispatches and their movements. */
import { between, fit, isWorthMoving, project, type Camera, type Size } from './camera.ts';
import { hasEnded, type Dispatch, type Point } from './dispatch.ts';
import { part, setAttributes, setText, svgElement } from './dom.ts';
import { Labels } from './labels.ts';
import { MapFrame } from './map-frame.ts';
import { MapMarks, type Layers } from './map-marks.ts';
import { chooseRegion, groupRegions, type Region } from './regions.ts';
import type { Vehicle } from './vehicle.ts';

export interface MapContent {
  readonly dispatches: readonly Dispatch[];
  readonly selectedId: string | null;
  readonly vehicle: (id: string) => Vehicle | undefined;
}

const fitMarginPx = 56;
const edgePx = 40;
const flightMs = 900;
/** A change of the view over more degrees than this (to another city) is not animated. */
const farDegrees = 2;
/** With more signs than this, names would cover each other. */
const maxLabels = 40;

interface Flight {
  readonly from: Camera;
  readonly to: Camera;
  readonly startMs: number;
}

export class MapView {
  readonly #root: SVGSVGElement;
  readonly #elsewhere = part('elsewhere', HTMLButtonElement);
  readonly #frame: MapFrame;
  readonly #labels = new Labels();
  readonly #layers: Layers;
  readonly #marks = new Map<string, MapMarks>();
  readonly #onSelect: (id: string | null) => void;
  readonly #onChange: () => void;
  #size: Size = { width: 0, height: 0 };
  #flight: Flight | undefined;
  #region: Point | null = null;
  /** The viewer has chosen the region, so the map does not leave it by itself. */
  #isPinned = false;
  #otherRegion: Region | undefined;

  constructor(onSelect: (id: string | null) => void, onChange: () => void) {
    this.#root = part('map', SVGSVGElement);
    this.#onSelect = onSelect;
    this.#onChange = onChange;
    const layer = (name: string) => this.#root.appendChild(svgElement('g', { class: name }));
    this.#frame = new MapFrame(layer('frame'));
    this.#layers = { routes: layer('routes'), scenes: layer('scenes'), signs: layer('signs') };
    this.#elsewhere.addEventListener('click', () => this.#goElsewhere());
    new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      this.#size = { width, height };
      this.#flight = undefined;
      onChange();
    }).observe(this.#root);
  }

  /** Draws the map as it is at `nowMs`. Returns true while something moves, so that the next frame must be drawn too. */
  render(content: MapContent, nowMs: number): boolean {
    if (this.#size.width === 0) return false;
    const { dispatches, selectedId, vehicle } = content;
    this.#look(content, nowMs);
    const camera = this.#cameraAt(nowMs);
    this.#frame.render(camera, this.#size);
    this.#removeOthers(new Set(dispatches.map(({ id }) => id)));
    const sides = this.#placeLabels(content, camera, nowMs);
    for (const dispatch of dispatches) {
      const { id } = dispatch;
      const moment = { camera, size: this.#size, nowMs };
      const look = { isSelected: id === selectedId, labelSide: sides.get(id) ?? null };
      this.#marksOf(id).render({ dispatch, vehicle: vehicle(id), ...moment, ...look });
    }
    return (
      nowMs < (this.#flight?.startMs ?? 0) + flightMs ||
      dispatches.some(({ id }) => vehicle(id)?.isMoving(nowMs))
    );
  }

  /** Moves the camera, if necessary, so that all active dispatches of the region are visible. */
  #look({ dispatches, selectedId, vehicle }: MapContent, nowMs: number): void {
    const regions = groupRegions(
      dispatches.filter(({ id, estado }) => id === selectedId || !hasEnded(estado)),
    );
    const chosen = chooseRegion(regions, { selectedId, shown: this.#region, isPinned: this.#isPinned });
    this.#showElsewhere(regions, chosen);
    if (!chosen) return;
    this.#region = chosen.centre;
    const points = chosen.dispatches.flatMap((dispatch) =>
      pointsOf(dispatch, vehicle(dispatch.id), selectedId),
    );
    const [first, ...more] = points;
    if (!first) return;
    const to = fit([first, ...more], this.#size, fitMarginPx);
    if (!this.#flight) this.#flight = { from: to, to, startMs: -Infinity };
    else if (isWorthMoving(this.#flight.to, to, points, this.#size, edgePx)) {
      const startMs = isFar(this.#flight.to, to) ? -Infinity : nowMs;
      this.#flight = { from: this.#cameraAt(nowMs), to, startMs };
    }
  }

  #cameraAt(nowMs: number): Camera {
    if (!this.#flight) {
      const centre = { latitud: 0, longitud: 0 };
      return { centre, pixelsPerDegree: this.#size.width / 360 };
    }
    const { from, to, startMs } = this.#flight;
    const share = Math.min(1, Math.max(0, (nowMs - startMs) / flightMs));
    return share === 1 ? to : between(from, to, share * share * (3 - 2 * share));
  }

  /** The name of the selected dispatch is placed first; when there are too many signs, only that name. */
  #placeLabels({ dispatches, selectedId, vehicle }: MapContent, camera: Camera, nowMs: number) {
    const isFew = dispatches.length <= maxLabels;
    const signs = dispatches.map(({ id, estado, origen, ambulancia }) => {
      const hasName = id === selectedId || (isFew && !hasEnded(estado));
      const place = vehicle(id)?.position(nowMs) ?? origen;
      return { id, text: hasName ? (ambulancia?.id ?? '') : '', ...project(place, camera, this.#size) };
    });
    return this.#labels.place(
      signs.sort((a, b) => Number(b.id === selectedId) - Number(a.id === selectedId)),
    );
  }

  #marksOf(id: string): MapMarks {
    const known = this.#marks.get(id);
    if (known) return known;
    const marks = new MapMarks(id, this.#layers, this.#onSelect);
    this.#marks.set(id, marks);
    return marks;
  }

  #removeOthers(shown: ReadonlySet<string>): void {
    for (const [id, marks] of this.#marks) {
      if (shown.has(id)) continue;
      marks.remove();
      this.#marks.delete(id);
    }
  }

  #showElsewhere(regions: readonly Region[], chosen: Region | undefined): void {
    const others = regions.filter((region) => region !== chosen);
    const count = others.reduce((sum, { dispatches }) => sum + dispatches.length, 0);
    const index = chosen ? regions.indexOf(chosen) : 0;
    this.#otherRegion = others.length > 0 ? regions[(index + 1) % regions.length] : undefined;
    setAttributes(this.#elsewhere, { hidden: count === 0 });
    setText(this.#elsewhere, `${count} elsewhere →`);
  }

  #goElsewhere(): void {
    if (!this.#otherRegion) return;
    this.#region = this.#otherRegion.centre;
    this.#isPinned = true;
    this.#onSelect(null);
    this.#onChange();
  }
}

const isFar = (from: Camera, to: Camera) =>
  Math.hypot(from.centre.latitud - to.centre.latitud, from.centre.longitud - to.centre.longitud) > farDegrees;

function pointsOf(dispatch: Dispatch, vehicle: Vehicle | undefined, selectedId: string | null): Point[] {
  const { id, estado, origen, destino } = dispatch;
  const goesThere = destino !== null && (id === selectedId || estado === 'TRASLADANDO');
  return [origen, ...(goesThere ? [destino] : []), ...(vehicle ? [vehicle.last] : [])];
}
