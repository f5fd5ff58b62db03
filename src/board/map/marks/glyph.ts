/** Draws the sign of each status. Each has its own shape, so that nobody needs colours to tell them apart. */
import { svgElement } from '../../dom.ts';
import type { Estado } from '../../data/dispatch.ts';

/** Paths around 0,0 within a radius of 9. */
const shapes: Readonly<Record<Estado, string>> = {
  PENDIENTE: 'M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7ZM0-3.2A3.2 3.2 0 1 0 0 3.2A3.2 3.2 0 1 0 0-3.2Z',
  ASIGNADO: 'M0-8L8 0L0 8L-8 0Z',
  EN_CAMINO: 'M0-9L7 7.5L0 4L-7 7.5Z',
  EN_SITIO: 'M-6-6H6V6H-6Z',
  TRASLADANDO: 'M-2.8-8H2.8V-2.8H8V2.8H2.8V8H-2.8V2.8H-8V-2.8H-2.8Z',
  COMPLETADO: 'M-7.5 0.5L-5 -2L-2 1L5 -6L7.5 -3.5L-2 6Z',
  CANCELADO: 'M-6-4L-4-6L0-2L4-6L6-4L2 0L6 4L4 6L0 2L-4 6L-6 4L-2 0Z',
};

export const shapeOf = (estado: Estado): string => shapes[estado];

/** The sign as an SVG element, hidden from screen readers, since the status stands beside it as text. */
export function glyph(estado: Estado): SVGSVGElement {
  return svgElement(
    'svg',
    { class: 'glyph', viewBox: '-10 -10 20 20', 'data-estado': estado, 'aria-hidden': 'true' },
    svgElement('path', { d: shapes[estado] }),
  );
}

/** Changes a sign into that of another status. */
export function setGlyph(sign: SVGSVGElement, estado: Estado): void {
  if (sign.dataset['estado'] === estado) return;
  sign.dataset['estado'] = estado;
  sign.firstElementChild?.setAttribute('d', shapes[estado]);
}
