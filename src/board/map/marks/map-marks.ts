/** Draws one dispatch on the map: scene, destination, the way ahead, the trail of its ambulance, and its sign. */
import { project, type Camera, type Pixel, type Size } from '../camera.ts';
import { hasEnded, stopsAhead, type Dispatch, type Point } from '../../data/dispatch.ts';
import { setAttributes, setText, svgElement } from '../../dom.ts';
import { shapeOf } from './glyph.ts';
import { anchorOf, type Side } from './labels.ts';
import type { Vehicle } from '../../data/vehicle.ts';

export interface Layers {
  readonly routes: SVGGElement;
  readonly scenes: SVGGElement;
  readonly signs: SVGGElement;
}

export interface Scene {
  readonly dispatch: Dispatch;
  readonly vehicle: Vehicle | undefined;
  readonly camera: Camera;
  readonly size: Size;
  readonly nowMs: number;
  readonly isSelected: boolean;
  /** The last position is too old to be relied on. */
  readonly isLate: boolean;
  readonly isOverdue: boolean;
  /** The side of the ambulance's name; null where it has no room now. */
  readonly labelSide: Side | null;
}

export class MapMarks {
  readonly #layers: Layers;
  readonly #ahead = svgElement('path', { class: 'ahead-line' });
  readonly #oldTrail = svgElement('path', { class: 'trail old' });
  readonly #newTrail = svgElement('path', { class: 'trail' });
  readonly #route = svgElement('g', {}, this.#ahead, this.#oldTrail, this.#newTrail);
  readonly #scene = svgElement('circle', { class: 'scene', r: 3.5 });
  readonly #destination = svgElement('path', {
    class: 'destination',
    d: 'M-4.5-4.5H4.5V4.5H-4.5ZM0-2.2V2.2M-2.2 0H2.2',
  });
  readonly #places = svgElement('g', {}, this.#scene, this.#destination);
  readonly #shape = svgElement('path', { class: 'shape' });
  readonly #label = svgElement('text', { class: 'unit-label' });
  readonly #title = svgElement('title');
  readonly #sign: SVGGElement;
  #isOnTop = false;

  constructor(id: string, layers: Layers, onSelect: (id: string) => void) {
    this.#layers = layers;
    this.#sign = svgElement(
      'g',
      { class: 'sign', 'data-id': id },
      this.#title,
      svgElement('circle', { class: 'target', r: 16 }),
      svgElement('circle', { class: 'pulse', r: 9 }),
      svgElement('circle', { class: 'selection', r: 13.5 }),
      this.#shape,
      this.#label,
    );
    this.#sign.addEventListener('click', () => onSelect(id));
    layers.routes.append(this.#route);
    layers.scenes.append(this.#places);
    layers.signs.append(this.#sign);
  }

  remove(): void {
    for (const mark of [this.#route, this.#places, this.#sign]) mark.remove();
  }

  render(scene: Scene): void {
    const { dispatch, vehicle, nowMs, isSelected, isLate, isOverdue } = scene;
    const { estado, prioridad, origen } = dispatch;
    const state = { 'data-estado': estado, 'data-selected': isSelected, 'data-ended': hasEnded(estado) };
    for (const mark of [this.#route, this.#places, this.#sign]) setAttributes(mark, state);
    setAttributes(this.#sign, {
      'data-prioridad': prioridad,
      'data-late': isLate,
      'data-overdue': isOverdue,
    });
    setText(
      this.#title,
      [dispatch.ambulancia?.id, `#${dispatch.id}`, origen.direccion].filter(Boolean).join(' · '),
    );
    const place = vehicle?.position(nowMs) ?? origen;
    const toPixels = (point: Point) => project(point, scene.camera, scene.size);
    this.#renderSign(scene, toPixels(place));
    this.#renderPlaces(dispatch, isSelected, toPixels);
    const ahead = [place, ...stopsAhead(dispatch, isSelected)];
    this.#renderRoute(ahead, vehicle?.trail(nowMs) ?? [], toPixels);
    if (isSelected && !this.#isOnTop) this.#layers.signs.append(this.#sign);
    this.#isOnTop = isSelected;
  }

  #renderSign(
    { dispatch: { estado, ambulancia }, vehicle, labelSide, isSelected }: Scene,
    { x, y }: Pixel,
  ): void {
    const turn = estado === 'EN_CAMINO' ? (vehicle?.last.rumbo ?? 0) : 0;
    setAttributes(this.#sign, { transform: `translate(${round(x)} ${round(y)})` });
    setAttributes(this.#shape, {
      d: shapeOf(estado),
      transform: turn ? `rotate(${Math.round(turn)})` : null,
    });
    setText(this.#label, labelSide ? (ambulancia?.id ?? '') : '');
    if (labelSide) setAttributes(this.#label, anchorOf(labelSide, isSelected));
  }

  #renderPlaces({ estado, origen, destino }: Dispatch, isSelected: boolean, toPixels: ToPixels): void {
    const scene = toPixels(origen);
    setAttributes(this.#scene, { cx: round(scene.x), cy: round(scene.y) });
    const goesThere = destino !== null && (isSelected || estado === 'TRASLADANDO');
    setAttributes(this.#destination, { visibility: goesThere ? null : 'hidden' });
    if (!goesThere) return;
    const { x, y } = toPixels(destino);
    setAttributes(this.#destination, { transform: `translate(${round(x)} ${round(y)})` });
  }

  #renderRoute(ahead: readonly Point[], trail: readonly Point[], toPixels: ToPixels): void {
    const half = Math.floor(trail.length / 2);
    setAttributes(this.#ahead, { d: lineThrough(ahead, toPixels) });
    setAttributes(this.#oldTrail, { d: lineThrough(trail.slice(0, half + 1), toPixels) });
    setAttributes(this.#newTrail, { d: lineThrough(trail.slice(half), toPixels) });
  }
}

type ToPixels = (point: Point) => Pixel;

function lineThrough(points: readonly Point[], toPixels: ToPixels): string {
  if (points.length < 2) return '';
  const pixels = points.map(toPixels).map(({ x, y }) => `${round(x)} ${round(y)}`);
  return `M${pixels.join('L')}`;
}

/** Half a pixel is seen by nobody, and what stays is not drawn again. */
const round = (value: number) => Math.round(value * 2) / 2;
