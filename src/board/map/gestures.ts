/** Understands how the viewer moves the map: wheel, mouse, fingers and keys. */
import type { Pixel } from './camera.ts';

export interface GestureHandlers {
  readonly onPan: (by: Pixel) => void;
  readonly onZoom: (factor: number, at: Pixel) => void;
  /** Shows everything again. */
  readonly onFit: () => void;
  /** Null: the middle. */
  readonly middle: () => Pixel;
}

const stepPx = 90;
export const zoomStep = 1.6;
/** One notch of a wheel is 100 to 120 pixels. */
const wheelPxPerDoubling = 240;
const linePx = 40;
/** A finger that moves less has tapped. */
const tapPx = 6;

export function listenToGestures(pad: HTMLElement, handlers: GestureHandlers): void {
  pad.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const px = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? linePx : 1);
      handlers.onZoom(2 ** (-px / wheelPxPerDoubling), offset(pad, event));
    },
    { passive: false },
  );
  pad.addEventListener('dblclick', (event) => handlers.onZoom(zoomStep, offset(pad, event)));
  pad.addEventListener('keydown', (event) => key(event, handlers));
  new Fingers(pad, handlers);
}

function key(event: KeyboardEvent, { onPan, onZoom, onFit, middle }: GestureHandlers): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => onPan({ x: stepPx, y: 0 }),
    ArrowRight: () => onPan({ x: -stepPx, y: 0 }),
    ArrowUp: () => onPan({ x: 0, y: stepPx }),
    ArrowDown: () => onPan({ x: 0, y: -stepPx }),
    '+': () => onZoom(zoomStep, middle()),
    '=': () => onZoom(zoomStep, middle()),
    '-': () => onZoom(1 / zoomStep, middle()),
    '0': onFit,
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  move();
}

/** One pointer pans, two zoom. */
class Fingers {
  readonly #pad: HTMLElement;
  readonly #handlers: GestureHandlers;
  readonly #down = new Map<number, Pixel>();
  /** How far they have moved since they went down: a click after a drag is none. */
  #travelPx = 0;

  constructor(pad: HTMLElement, handlers: GestureHandlers) {
    this.#pad = pad;
    this.#handlers = handlers;
    pad.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      if (this.#down.size === 0) this.#travelPx = 0;
      this.#down.set(event.pointerId, offset(pad, event));
    });
    pad.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const)
      pad.addEventListener(end, ({ pointerId }) => this.#down.delete(pointerId));
    pad.addEventListener('lostpointercapture', ({ target, pointerId }) => {
      // What a finger touches has it first, and loses it to the pad.
      if (target === pad) this.#down.delete(pointerId);
    });
    pad.addEventListener(
      'click',
      (event) => {
        if (this.#travelPx > tapPx) event.stopPropagation();
      },
      { capture: true },
    );
  }

  #move(event: PointerEvent): void {
    const { pointerId } = event;
    const from = this.#down.get(pointerId);
    if (!from) return;
    const to = offset(this.#pad, event);
    this.#travelPx += Math.hypot(to.x - from.x, to.y - from.y);
    if (this.#travelPx <= tapPx) return;
    // Only now: a pointer that is captured at once clicks on nothing inside.
    if (!this.#pad.hasPointerCapture(pointerId)) this.#pad.setPointerCapture(pointerId);
    const other = [...this.#down].find(([id]) => id !== pointerId)?.[1];
    this.#down.set(pointerId, to);
    if (!other) return this.#handlers.onPan({ x: to.x - from.x, y: to.y - from.y });
    const [before, after] = [from, to].map((at) => Math.hypot(at.x - other.x, at.y - other.y)) as [
      number,
      number,
    ];
    const middleOf = (at: Pixel) => ({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
    const [was, is] = [middleOf(from), middleOf(to)];
    this.#handlers.onPan({ x: is.x - was.x, y: is.y - was.y });
    if (before > 0 && after > 0) this.#handlers.onZoom(after / before, is);
  }
}

/** Relative to the pad, whatever is below the pointer. */
function offset(pad: HTMLElement, { clientX, clientY }: MouseEvent): Pixel {
  const { left, top } = pad.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}
