/** Places the names of ambulances on the map: beside their sign, and not over other signs or names. */
import type { Pixel } from '../camera.ts';

export interface Labelled extends Pixel {
  readonly id: string;
  /** Empty for a sign without a name; other names must not cover it either. */
  readonly text: string;
}

const sides = ['right', 'left', 'below', 'above'] as const;
export type Side = (typeof sides)[number];

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const signRadiusPx = 9;
const gapPx = 12;
const heightPx = 13;
const charWidthPx = 7.2;

export class Labels {
  #sides = new Map<string, Side>();

  /** Chooses the side of each name; the first sign in the list chooses first. A name without room is left out. */
  place(signs: readonly Labelled[]): ReadonlyMap<string, Side> {
    const taken = signs.map(({ x, y }) => boxAround(x, y, 2 * signRadiusPx, 2 * signRadiusPx));
    const placed = new Map<string, Side>();
    for (const [index, sign] of signs.entries()) {
      if (sign.text === '') continue;
      const last = this.#sides.get(sign.id);
      // A name stays on its side as long as there is room.
      const wished = last ? [last, ...sides] : sides;
      const others = taken.filter((_, other) => other !== index);
      const side = wished.find((wish) => !others.some((box) => overlaps(box, boxOf(sign, wish))));
      if (!side) continue;
      placed.set(sign.id, side);
      taken.push(boxOf(sign, side));
    }
    this.#sides = placed;
    return placed;
  }
}

function boxOf({ x, y, text }: Labelled, side: Side): Box {
  const width = text.length * charWidthPx;
  const beside = gapPx + width / 2;
  const away = signRadiusPx + heightPx / 2 + 2;
  const [dx, dy] = { right: [beside, 0], left: [-beside, 0], below: [0, away], above: [0, -away] }[side] as [
    number,
    number,
  ];
  return boxAround(x + dx, y + dy, width, heightPx);
}

const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  top: y - height / 2,
  right: x + width / 2,
  bottom: y + height / 2,
});

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** The position of the name relative to its sign; further away when the sign has the ring of a selected one. */
export function anchorOf(side: Side, isSelected: boolean) {
  const ringPx = isSelected ? 5 : 0;
  return {
    right: { x: gapPx + ringPx, y: 4, 'text-anchor': 'start' },
    left: { x: -gapPx - ringPx, y: 4, 'text-anchor': 'end' },
    below: { x: 0, y: 20 + ringPx, 'text-anchor': 'middle' },
    above: { x: 0, y: -12 - ringPx, 'text-anchor': 'middle' },
  }[side];
}
