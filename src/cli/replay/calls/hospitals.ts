/** Lists hospitals of San Francisco, and chooses one for a response, since a call log does not name it. */
import { distanceM, type Point } from './geometry.ts';
import { hashText } from '../random.ts';

export interface Hospital extends Point {
  readonly name: string;
}

/** Hospitals with an emergency department, at their ambulance entrance or near it. */
export const hospitals: readonly [Hospital, ...Hospital[]] = [
  { name: 'Zuckerberg San Francisco General Hospital', latitud: 37.7556, longitud: -122.4047 },
  { name: 'UCSF Medical Center at Parnassus', latitud: 37.7631, longitud: -122.4577 },
  { name: 'UCSF Medical Center at Mission Bay', latitud: 37.7661, longitud: -122.3904 },
  { name: 'CPMC Van Ness Campus', latitud: 37.7861, longitud: -122.4217 },
  { name: 'CPMC Davies Campus', latitud: 37.7686, longitud: -122.4349 },
  { name: 'CPMC Mission Bernal Campus', latitud: 37.7478, longitud: -122.4208 },
  { name: 'Kaiser Permanente San Francisco Medical Center', latitud: 37.7826, longitud: -122.4427 },
  { name: 'Saint Francis Memorial Hospital', latitud: 37.7895, longitud: -122.4166 },
  { name: "St. Mary's Medical Center", latitud: 37.7741, longitud: -122.4543 },
  { name: 'San Francisco VA Medical Center', latitud: 37.7822, longitud: -122.5045 },
  { name: 'Chinese Hospital', latitud: 37.7956, longitud: -122.4091 },
];

const CHOICES = 3;

/**
 * Chooses among the three nearest hospitals those that are at most `maxM` metres away, and of these always the same one for
 * the same response. When all are further away, it is the nearest.
 */
export function chooseHospital(rowId: string, scene: Point, maxM = Infinity): Hospital {
  const nearest = hospitals
    .map((hospital) => ({ hospital, far: distanceM(scene, hospital) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, CHOICES);
  const reachable = nearest.filter(({ far }) => far <= maxM);
  const chosen = reachable[hashText(rowId) % (reachable.length || 1)] ?? nearest[0];
  return chosen?.hospital ?? hospitals[0];
}
