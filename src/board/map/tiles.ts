/** Shows streets below the signs where the service names a source of map tiles. Without one the page asks nobody for anything. */
import { element } from '../dom.ts';
import { pixelsPerLongitude, project, unproject, type Camera, type Size } from './camera.ts';

export interface Tile {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
  readonly widthPx: number;
}

const tilePx = 256;
const maxLevel = 19;
/** A map of streets as wide as several screens has no more. */
const maxTiles = 200;

/** The tiles that cover the map, drawn between 0.7 and 1.4 times as large as they are. */
export function tilesOf(camera: Camera, size: Size): readonly Tile[] {
  const worldPx = pixelsPerLongitude(camera) * 360;
  const z = Math.max(0, Math.min(maxLevel, Math.round(Math.log2(worldPx / tilePx))));
  const count = 2 ** z;
  const widthPx = worldPx / count;
  // Where the tile 0, 0 begins: the northern end of the projection is at 85.0511° at the antimeridian.
  const { y: equator } = project({ latitud: 0, longitud: camera.centre.longitud }, camera, size);
  const top = equator - worldPx / 2;
  const west = unproject({ x: 0, y: size.height / 2 }, camera, size).longitud;
  const first = Math.floor(((west + 180) / 360) * count);
  const left = -(((west + 180) / 360) * count - first) * widthPx;
  const columns = Math.min(count, Math.ceil((size.width - left) / widthPx));
  const [north, south] = [
    Math.max(0, Math.floor(-top / widthPx)),
    Math.min(count - 1, Math.floor((size.height - top) / widthPx)),
  ];
  const tiles: Tile[] = [];
  for (let y = north; y <= south && tiles.length < maxTiles; y++)
    for (let column = 0; column < columns && tiles.length < maxTiles; column++)
      tiles.push({
        ...{ z, y, x: (first + column) % count, widthPx },
        left: left + column * widthPx,
        top: top + y * widthPx,
      });
  return tiles;
}

export class TilesView {
  readonly #root: HTMLElement;
  readonly #url: string;
  readonly #images = new Map<string, HTMLImageElement>();
  #drawn: Camera | undefined;
  #drawnSize: Size | undefined;

  constructor(root: HTMLElement, url: string) {
    this.#root = root;
    this.#url = url;
  }

  render(camera: Camera, size: Size): void {
    if (this.#drawn === camera && this.#drawnSize === size) return;
    this.#drawn = camera;
    this.#drawnSize = size;
    const shown = new Set<string>();
    for (const tile of tilesOf(camera, size)) {
      const src = addressOf(this.#url, tile);
      shown.add(src);
      const { style } = this.#imageOf(src);
      style.transform = `translate(${tile.left}px, ${tile.top}px)`;
      // A little larger, so that no seam shows.
      style.width = style.height = `${tile.widthPx + 0.5}px`;
    }
    for (const [src, image] of this.#images) {
      if (shown.has(src)) continue;
      image.remove();
      this.#images.delete(src);
    }
  }

  #imageOf(src: string): HTMLImageElement {
    const known = this.#images.get(src);
    if (known) return known;
    const image = element('img', { src, alt: '', draggable: 'false' });
    this.#images.set(src, image);
    this.#root.append(image);
    return image;
  }
}

export const addressOf = (url: string, { x, y, z }: Pick<Tile, 'x' | 'y' | 'z'>): string =>
  url.replaceAll('{z}', String(z)).replaceAll('{x}', String(x)).replaceAll('{y}', String(y));
