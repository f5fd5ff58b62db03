/** Turns an ambulance response into the steps that replay it as a dispatch, in order of time. */
import {
  incidenteOf,
  prioridadOf,
  type AmbulanceResponse,
  type Incidente,
  type Prioridad,
  type ResponseTimes,
} from './ambulance-response.ts';
import { bearingDegrees, distanceM, noFurtherThan, pointBetween, type Point } from './geometry.ts';
import { chooseHospital } from './hospitals.ts';

/** The statuses of a dispatch after an ambulance was assigned. */
export type StepEstado = 'EN_CAMINO' | 'EN_SITIO' | 'TRASLADANDO' | 'COMPLETADO' | 'CANCELADO';

export interface Position extends Point {
  /** km/h. */
  readonly velocidad: number;
  /** Degrees from north, 0 to below 360; absent while the ambulance does not move. */
  readonly rumbo?: number;
}

/** One mutation. `atMs` is its time in the log, milliseconds since the Unix epoch. */
export type Step = { readonly atMs: number } & (
  | { readonly kind: 'create' }
  | { readonly kind: 'assign' }
  | { readonly kind: 'status'; readonly estado: StepEstado }
  | { readonly kind: 'position'; readonly position: Position }
);

export interface DispatchPlan {
  readonly rowId: string;
  readonly ambulanciaId: string;
  readonly input: {
    readonly origen: Point & { readonly direccion: string };
    readonly destino?: Point & { readonly direccion: string };
    readonly prioridad: Prioridad;
    readonly incidente: Incidente;
    readonly observaciones: string;
  };
  /** In order of time. The first is the creation; each status is one that the status machine allows after the one before. */
  readonly steps: readonly [Step, ...Step[]];
}

export interface TimelineOptions {
  /** The number of positions on the way to the scene, and again on the way to the hospital. */
  readonly positionsPerLeg: number;
}

interface Milestone<E extends StepEstado = StepEstado> {
  readonly atMs: number;
  readonly estado: E;
}

interface Milestones {
  readonly assignedMs: number | null;
  readonly departedMs: number | null;
  readonly arrivedMs: number | null;
  readonly transportMs: number | null;
  readonly ended: Milestone<'COMPLETADO' | 'CANCELADO'> | null;
}

/** The highest plausible average speed of an ambulance in a city, measured along the straight line; about 80 km/h. */
const MAX_AVERAGE_M_PER_S = 22;
const MAX_KMH = 130;
/** The part of its way that an ambulance is assumed to have driven when its response was cancelled: a log does not say. */
const CANCELLED_AT = 0.6;
const MAX_ADDRESS_LENGTH = 255;

/**
 * Plans responses one after the other; they must be sorted by the time of their call. An ambulance starts where its last
 * response ended, and for its first one from a hospital.
 */
export function* planDispatches(
  responses: Iterable<AmbulanceResponse>,
  options: TimelineOptions,
): Generator<DispatchPlan, void, undefined> {
  const lastPlaces = new Map<string, Point>();
  for (const response of responses) {
    const hospital = hospitalOf(response);
    const last =
      lastPlaces.get(response.unitId) ?? hospital ?? chooseHospital(response.unitId, response.scene);
    lastPlaces.set(response.unitId, hospital ?? response.scene);
    yield planDispatch(response, last, options);
  }
}

/** Plans one response. The ambulance starts at `from`, or nearer to the scene if the log leaves too little time for that way. */
export function planDispatch(
  response: AmbulanceResponse,
  from: Point,
  { positionsPerLeg }: TimelineOptions,
): DispatchPlan {
  const milestones = readMilestones(response.times);
  const hospital = hospitalOf(response);
  const hospitalPlace = hospital && {
    latitud: hospital.latitud,
    longitud: hospital.longitud,
    direccion: hospital.name,
  };
  const { assignedMs, departedMs, arrivedMs, transportMs, ended } = milestones;
  const following: Step[] = [];
  const status = (estado: StepEstado, atMs: number) => following.push({ kind: 'status', estado, atMs });
  if (assignedMs !== null) following.push({ kind: 'assign', atMs: assignedMs });
  if (departedMs !== null) {
    status('EN_CAMINO', departedMs);
    following.push(...driveToScene(response, from, departedMs, milestones, positionsPerLeg));
  }
  if (arrivedMs !== null) status('EN_SITIO', arrivedMs);
  if (transportMs !== null) {
    status('TRASLADANDO', transportMs);
    if (hospital && ended) {
      const leg = { fromMs: transportMs, toMs: ended.atMs, from: response.scene, to: hospital };
      following.push(...drive(leg, positionsPerLeg, 1));
    }
  }
  if (ended) status(ended.estado, ended.atMs);
  return {
    rowId: response.rowId,
    ambulanciaId: response.unitId,
    input: {
      origen: { ...response.scene, direccion: response.address.slice(0, MAX_ADDRESS_LENGTH) },
      ...(hospitalPlace && { destino: hospitalPlace }),
      prioridad: prioridadOf(response),
      incidente: incidenteOf(response),
      observaciones: [response.callType, response.callTypeGroup, response.rowId].filter(Boolean).join(' · '),
    },
    steps: [{ kind: 'create', atMs: response.times.received }, ...following],
  };
}

/** The hospital to which the patient was taken; null when no patient was transported. */
function hospitalOf({ rowId, scene, times }: AmbulanceResponse) {
  const { transportMs, ended } = readMilestones(times);
  if (transportMs === null) return null;
  const driveMs = ended ? ended.atMs - transportMs : Infinity;
  return chooseHospital(rowId, scene, (driveMs / 1000) * MAX_AVERAGE_M_PER_S);
}

/**
 * Fills in steps that must have happened, because a later one did, but have no time in the log: their times are spread evenly
 * between the known ones. A response that transported a patient ends at `hospital` or `available`, whichever is first.
 */
function readMilestones(times: ResponseTimes): Milestones {
  const steps = [times.received, times.dispatch, times.response, times.onScene, times.transport];
  const latest = Math.max(...steps.filter((time) => time !== null));
  const hospital = times.hospital !== null && times.hospital >= latest ? times.hospital : null;
  const available = times.available !== null && times.available >= latest ? times.available : null;
  const transported = times.transport !== null || hospital !== null;
  const end = transported ? earlier(hospital, available) : available;

  const reached = transported ? steps.length - 1 : steps.findLastIndex((time) => time !== null);
  const known = [...steps, end];
  for (let index = 1; index <= reached; index += 1) {
    if (known[index] !== null) continue;
    const next = known.findIndex((time, later) => later > index && time !== null);
    const before = known[index - 1] ?? times.received;
    const after = known[next] ?? before;
    known[index] = Math.round(before + (after - before) / (next - index + 1));
  }
  const [, assignedMs = null, departedMs = null, arrivedMs = null, transportMs = null] = known;
  const ended =
    end === null
      ? null
      : { atMs: end, estado: arrivedMs === null ? ('CANCELADO' as const) : ('COMPLETADO' as const) };
  return { assignedMs, departedMs, arrivedMs, transportMs, ended };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

interface Leg {
  readonly fromMs: number;
  readonly toMs: number;
  readonly from: Point;
  readonly to: Point;
}

function driveToScene(
  { scene }: AmbulanceResponse,
  from: Point,
  departedMs: number,
  { arrivedMs, ended }: Milestones,
  positions: number,
): Step[] {
  const toMs = arrivedMs ?? ended?.atMs;
  if (toMs === undefined) return [];
  const start = noFurtherThan(((toMs - departedMs) / 1000) * MAX_AVERAGE_M_PER_S, from, scene);
  const leg = { fromMs: departedMs, toMs, from: start, to: scene };
  return drive(leg, positions, arrivedMs === null ? CANCELLED_AT : 1);
}

/** Positions at even distances up to `untilFraction` of the way. If that is the whole way, the last one has speed 0. */
function drive({ fromMs, toMs, from, to }: Leg, positions: number, untilFraction: number): Step[] {
  const seconds = (toMs - fromMs) / 1000;
  const metres = distanceM(from, to) * untilFraction;
  const averageKmh = seconds > 0 ? Math.min((metres / seconds) * 3.6, MAX_KMH) : 0;
  const rumbo = metres >= 1 ? { rumbo: (Math.round(bearingDegrees(from, to) * 10) % 3600) / 10 } : {};
  return Array.from({ length: positions }, (_, index) => {
    const share = (index + 1) / positions;
    const point = pointBetween(from, to, share * untilFraction);
    const velocidad = share * untilFraction === 1 ? 0 : Math.round(averageKmh * 10) / 10;
    return {
      kind: 'position',
      atMs: Math.round(fromMs + (toMs - fromMs) * share),
      position: { latitud: round6(point.latitud), longitud: round6(point.longitud), velocidad, ...rumbo },
    };
  });
}

const round6 = (degrees: number) => Math.round(degrees * 1e6) / 1e6;
