/** The cells of the map by which positions are told to those who watch it: of the grid that is known as geohash, in three sizes. */
import geohash from 'ngeohash';
import type { Coordinates } from '../geo.ts';
import { alongMeridian, contains, crosses, eastOf, isPole, turn, type Box } from './box.ts';

/** Characters of a cell's name, finest first: about 5, 156 and 5,000 kilometres at the equator. */
const levels = [5, 3, 1] as const;
type Level = (typeof levels)[number];

/** A box over more cells is served by larger ones. The whole world has no more of the largest. */
export const maxCellsOfBox = 128;
/** A way over more cells of one size is a jump: nobody can say that anything was in between. */
export const maxCellsOfWay = 6;

interface Grid {
  readonly level: Level;
  readonly width: number;
  readonly height: number;
}

/** Of five bits a character, of which longitude has the first. */
const grids: readonly Grid[] = levels.map((level) => ({
  level,
  width: 360 / 2 ** Math.ceil((5 * level) / 2),
  height: 180 / 2 ** Math.floor((5 * level) / 2),
}));

/** Rows and columns of a grid, both ends included. Columns are counted on across the anti-meridian. */
interface Block {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

function blockOf({ width, height }: Grid, box: Box): Block {
  const lastRow = Math.round(180 / height) - 1;
  const columns = Math.round(360 / width);
  const west = Math.floor((box.west + 180) / width);
  return {
    south: Math.min(lastRow, Math.floor((box.south + 90) / height)),
    north: Math.min(lastRow, Math.floor((box.north + 90) / height)),
    west,
    east: Math.min(west + columns - 1, Math.floor((eastOf(box) + 180) / width)),
  };
}

const sizeOf = ({ south, north, west, east }: Block): number => (north - south + 1) * (east - west + 1);

/** In degrees, as far east or west as it was counted. */
const boxOf = ({ width, height }: Grid, row: number, column: number): Box => ({
  south: row * height - 90,
  north: (row + 1) * height - 90,
  west: column * width - 180,
  east: (column + 1) * width - 180,
});

function nameOf(grid: Grid, row: number, column: number): string {
  const { south, west } = boxOf(grid, row, column);
  return geohash.encode(south + grid.height / 2, turn(0, west + grid.width / 2), grid.level);
}

function* cellsIn(grid: Grid, block: Block): Generator<{ readonly name: string; readonly box: Box }> {
  for (let row = block.south; row <= block.north; row += 1) {
    for (let column = block.west; column <= block.east; column += 1)
      yield { name: nameOf(grid, row, column), box: boxOf(grid, row, column) };
  }
}

/** At a pole all longitudes are the same: what is there is in the cell of this one. */
const poleLongitud = 0;

function cellOf({ level }: Grid, point: Coordinates): string {
  const longitud = isPole(point) ? poleLongitud : point.longitud;
  return geohash.encode(point.latitud, longitud === 180 ? -180 : longitud, level);
}

/** The cells that a box touches: of the finest size of which it has not too many. */
export function cellsOfBox(box: Box): string[] {
  const grid = grids.find((each) => sizeOf(blockOf(each, box)) <= maxCellsOfBox) ?? grids.at(-1)!;
  const names = new Set(Array.from(cellsIn(grid, blockOf(grid, box)), ({ name }) => name));
  for (const latitud of [-90, 90]) {
    const pole = { latitud, longitud: poleLongitud };
    if (contains(box, pole)) names.add(cellOf(grid, pole));
  }
  return [...names];
}

export interface Move {
  /** Of all sizes. */
  readonly cells: readonly string[];
  /** Whether it is too far to say that anything was in between. */
  readonly isJump: boolean;
}

/** The cells that something touches on its way from one point to the next; of a jump those of both ends. */
export function cellsOfMove(from: Coordinates | null, to: Coordinates): Move {
  const ways = from && grids.map((grid) => cellsOfWay(grid, from, to));
  const isJump = ways?.some((cells) => cells === null) ?? false;
  const ends = from ? [from, to] : [to];
  const cells =
    ways && !isJump
      ? ways.flatMap((way) => way ?? [])
      : grids.flatMap((grid) => ends.map((end) => cellOf(grid, end)));
  return { cells: [...new Set(cells)], isJump };
}

/** Null where they are too many. */
function cellsOfWay(grid: Grid, first: Coordinates, last: Coordinates): string[] | null {
  const [from, to] = [alongMeridian(first, last), alongMeridian(last, first)];
  const end = from.longitud + turn(from.longitud, to.longitud);
  const block = blockOf(grid, {
    south: Math.min(from.latitud, to.latitud),
    north: Math.max(from.latitud, to.latitud),
    west: Math.min(from.longitud, end),
    east: Math.max(from.longitud, end),
  });
  if (sizeOf(block) > maxCellsOfWay ** 2) return null;
  const touched = [...cellsIn(grid, block)].filter(({ box }) => crosses(box, from, to));
  const names = touched.map(({ name }) => name);
  // A point on the edge of two cells is in the one that the grid names, whatever rounding says.
  const all = new Set([cellOf(grid, from), ...names, cellOf(grid, to)]);
  return all.size > maxCellsOfWay ? null : [...all];
}
