/** Distances on the globe. */

export interface Coordinates {
  /** Degrees, WGS 84. */
  readonly latitud: number;
  /** Degrees, WGS 84. */
  readonly longitud: number;
}

/** Mean radius of the Earth as the IUGG defines it (R1), kilometres. */
const EARTH_RADIUS_KM = 6371.0088;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/**
 * Great-circle distance in kilometres by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
 * Telescope 68(2), 1984, p. 159), on a sphere: at most half a percent off the ellipsoid.
 */
export function haversineKm(from: Coordinates, to: Coordinates): number {
  const halfLatitud = Math.sin(radians(to.latitud - from.latitud) / 2);
  const halfLongitud = Math.sin(radians(to.longitud - from.longitud) / 2);
  const chord =
    halfLatitud ** 2 + Math.cos(radians(from.latitud)) * Math.cos(radians(to.latitud)) * halfLongitud ** 2;
  // Rounding can carry the chord of two antipodes past 1, of which there is no arcsine.
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
