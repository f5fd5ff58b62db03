/** Describes one ambulance's response to one call, as a call log has it, and translates its words into those of a dispatch. */
import type { Point } from './geometry.ts';

/** Instants in milliseconds since the Unix epoch; null where a step did not happen or was not recorded. */
export interface ResponseTimes {
  readonly received: number;
  readonly dispatch: number | null;
  readonly response: number | null;
  readonly onScene: number | null;
  readonly transport: number | null;
  readonly hospital: number | null;
  readonly available: number | null;
}

export interface AmbulanceResponse {
  /** Identifies the response: call number and unit. */
  readonly rowId: string;
  readonly unitId: string;
  readonly callType: string;
  readonly callTypeGroup: string;
  readonly finalPriority: string;
  readonly address: string;
  readonly scene: Point;
  readonly times: ResponseTimes;
}

export type Prioridad = 'BAJA' | 'MEDIA' | 'ALTA' | 'CRITICA';
export type Incidente = 'ACCIDENTE' | 'EMERGENCIA_MEDICA' | 'TRASLADO' | 'OTRO';

/**
 * `Final Priority` is 3 for a drive with lights and sirens, 2 for one without; `Call Type Group` says how serious the call is.
 *
 * | group                        | 3       | 2     | other |
 * | Potentially Life-Threatening | CRITICA | ALTA  | ALTA  |
 * | Non Life-threatening         | MEDIA   | BAJA  | BAJA  |
 * | any other (Alarm, Fire)      | ALTA    | MEDIA | MEDIA |
 */
export function prioridadOf({ callTypeGroup, finalPriority }: AmbulanceResponse): Prioridad {
  const urgent = finalPriority === '3';
  switch (callTypeGroup.toLowerCase()) {
    case 'potentially life-threatening':
      return urgent ? 'CRITICA' : 'ALTA';
    case 'non life-threatening':
      return urgent ? 'MEDIA' : 'BAJA';
    default:
      return urgent ? 'ALTA' : 'MEDIA';
  }
}

const accidents = new Set([
  'traffic collision',
  'structure fire',
  'outside fire',
  'vehicle fire',
  'marine fire',
  'explosion',
  'water rescue',
  'high angle rescue',
  'industrial accidents',
  'confined space / structure collapse',
  'elevator / escalator rescue',
  'train / rail incident',
  'aircraft emergency',
]);

/** `Medical Incident` is EMERGENCIA_MEDICA; collisions, fires and rescues are ACCIDENTE; everything else is OTRO. */
export function incidenteOf({ callType }: AmbulanceResponse): Incidente {
  const kind = callType.toLowerCase();
  if (kind === 'medical incident') return 'EMERGENCIA_MEDICA';
  return accidents.has(kind) ? 'ACCIDENTE' : 'OTRO';
}

/**
 * Whether the times up to the transport are in the order in which these steps can happen. A `hospital` or an `available`
 * time before them is accepted if the other one of the two is later: that one then ends the response.
 */
export function isInOrder(times: ResponseTimes): boolean {
  const known = [times.received, times.dispatch, times.response, times.onScene, times.transport].filter(
    (time) => time !== null,
  );
  const last = known.at(-1) ?? times.received;
  const ends = [times.hospital, times.available].filter((time) => time !== null);
  return (
    known.every((time, index) => time >= (known[index - 1] ?? time)) &&
    (ends.length === 0 || ends.some((time) => time >= last))
  );
}
