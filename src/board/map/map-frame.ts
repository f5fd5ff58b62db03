/** Draws the lines of latitude and longitude and the scale bar, again only when the camera or the size has changed. */
import { project, type Camera, type Size } from './camera.ts';
import { part, setAttributes, setText, svgElement } from '../dom.ts';
import { graticuleOf, scaleBarOf } from './graticule.ts';

const maxBarPx = 110;
const inset = 8;
const labelWidthPx = 64;
const topStripPx = 28;

export class MapFrame {
  readonly #layer: SVGGElement;
  readonly #bar = part('scale-bar', HTMLElement);
  readonly #barLabel = part('scale-label', HTMLElement);
  #drawn: Camera | undefined;
  #drawnSize: Size | undefined;

  constructor(layer: SVGGElement) {
    this.#layer = layer;
  }

  render(camera: Camera, size: Size): void {
    if (this.#drawn === camera && this.#drawnSize === size) return;
    this.#drawn = camera;
    this.#drawnSize = size;
    const { parallels, meridians } = graticuleOf(camera, size);
    const horizontal = parallels
      .map(({ degrees, label }) => {
        const { y } = project({ latitud: degrees, longitud: camera.centre.longitud }, camera, size);
        return { y: round(y), label };
      })
      // The names of the meridians are in the strip at the top.
      .filter(({ y }) => y > topStripPx)
      .map(({ y, label }) => lineWithLabel(`M0 ${y}H${size.width}`, label, { x: inset, y: y - 5 }));
    const vertical = meridians.map(({ degrees, label }) => {
      const { x } = project({ latitud: camera.centre.latitud, longitud: degrees }, camera, size);
      // A name that would be cut by the edge is left out.
      const name = x < size.width - labelWidthPx ? label : '';
      return lineWithLabel(`M${round(x)} 0V${size.height}`, name, { x: round(x) + 5, y: 2 * inset });
    });
    const lines = [...horizontal, ...vertical];
    this.#layer.replaceChildren(...lines.flat());
    const { widthPx, label } = scaleBarOf(camera, maxBarPx);
    this.#bar.style.width = `${round(widthPx)}px`;
    setText(this.#barLabel, label);
  }
}

function lineWithLabel(d: string, label: string, at: { x: number; y: number }): SVGElement[] {
  const text = svgElement('text', at);
  setAttributes(text, { class: 'graticule-label' });
  setText(text, label);
  return [svgElement('path', { class: 'graticule', d }), text];
}

/** Lines of one pixel are sharp only at half pixels. */
const round = (value: number) => Math.round(value) + 0.5;
