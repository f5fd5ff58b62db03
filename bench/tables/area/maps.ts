/** The maps of the bench: what they ask for, and the boxes that they show. */
import { createRandom } from '../../../src/cli/replay/random.ts';
import type { Box } from '../../../src/lib/areas/box.ts';
import { city } from './fleet.ts';

/** What a map asks for. */
export const mapQuery = `subscription Map($area: BoundingBoxInput!) {
  locationsInArea(area: $area, maxRatePerSecond: 2) { change despachoId location { latitud longitud altitud velocidad rumbo } } }`;

export const areaOf = ({ south, west, north, east }: Box) => ({
  area: { sur: south, oeste: west, norte: north, este: east },
});
/** A part of the city, a fifth as wide and as high as it is: about five kilometres. */
export function boxes(count: number): Box[] {
  const random = createRandom(3);
  const [height, width] = [(city.north - city.south) / 5, (city.east - city.west) / 5];
  return Array.from({ length: count }, () => {
    const south = city.south + random() * (city.north - city.south - height);
    const west = city.west + random() * (city.east - city.west - width);
    return { south, west, north: south + height, east: west + width };
  });
}
