/** Generates the evening of `--demo`: calls all over San Francisco and the ambulances that respond to them, without end. */
import type { AmbulanceResponse } from './ambulance-response.ts';
import { distanceM, offsetBy, type Point } from './geometry.ts';
import { chooseHospital } from './hospitals.ts';
import { between, createRandom, pick, type Random } from '../random.ts';

interface Area extends Point {
  readonly name: string;
  readonly streets: readonly [string, ...string[]];
}

const areas: readonly [Area, ...Area[]] = [
  {
    name: 'Tenderloin',
    latitud: 37.7838,
    longitud: -122.4145,
    streets: ['TURK ST', 'EDDY ST', 'ELLIS ST', 'LEAVENWORTH ST'],
  },
  {
    name: 'South of Market',
    latitud: 37.7782,
    longitud: -122.4058,
    streets: ['FOLSOM ST', '6TH ST', 'HOWARD ST'],
  },
  {
    name: 'Mission',
    latitud: 37.7599,
    longitud: -122.4148,
    streets: ['MISSION ST', 'VALENCIA ST', '24TH ST', 'CAPP ST'],
  },
  { name: 'Bayview', latitud: 37.7312, longitud: -122.3892, streets: ['3RD ST', 'PALOU AVE', 'QUESADA AVE'] },
  {
    name: 'Outer Sunset',
    latitud: 37.7553,
    longitud: -122.4945,
    streets: ['TARAVAL ST', 'NORIEGA ST', '33RD AVE'],
  },
  {
    name: 'Inner Richmond',
    latitud: 37.7806,
    longitud: -122.4644,
    streets: ['CLEMENT ST', 'GEARY BLVD', '8TH AVE'],
  },
  {
    name: 'Western Addition',
    latitud: 37.7811,
    longitud: -122.4308,
    streets: ['FILLMORE ST', 'EDDY ST', 'GOLDEN GATE AVE'],
  },
  {
    name: 'North Beach',
    latitud: 37.8006,
    longitud: -122.4094,
    streets: ['COLUMBUS AVE', 'BROADWAY', 'GREEN ST'],
  },
  {
    name: 'Marina',
    latitud: 37.8018,
    longitud: -122.4368,
    streets: ['LOMBARD ST', 'CHESTNUT ST', 'MARINA BLVD'],
  },
  {
    name: 'Excelsior',
    latitud: 37.7226,
    longitud: -122.4297,
    streets: ['MISSION ST', 'NAPLES ST', 'SILVER AVE'],
  },
  { name: 'Castro', latitud: 37.7614, longitud: -122.4349, streets: ['CASTRO ST', 'MARKET ST', '18TH ST'] },
  {
    name: 'Portola',
    latitud: 37.7284,
    longitud: -122.4085,
    streets: ['SAN BRUNO AVE', 'FELTON ST', 'BACON ST'],
  },
];

interface Kind {
  readonly callType: string;
  readonly callTypeGroup: string;
  readonly finalPriority: string;
  /** Per cent of all calls. The figures of this file are made up. */
  readonly share: number;
  /** Per cent of these calls that end at a hospital. */
  readonly transported: number;
}

const lifeThreatening = 'Potentially Life-Threatening';
const notLifeThreatening = 'Non Life-threatening';
const commonest: Kind = {
  callType: 'Medical Incident',
  callTypeGroup: lifeThreatening,
  finalPriority: '3',
  share: 43,
  transported: 78,
};
const kinds: readonly Kind[] = [
  commonest,
  { ...commonest, callTypeGroup: notLifeThreatening, finalPriority: '2', share: 36, transported: 65 },
  { ...commonest, finalPriority: '2', share: 10, transported: 80 },
  { ...commonest, callType: 'Traffic Collision', share: 6, transported: 55 },
  { callType: 'Structure Fire', callTypeGroup: 'Alarm', finalPriority: '3', share: 3, transported: 5 },
  { callType: 'Other', callTypeGroup: notLifeThreatening, finalPriority: '2', share: 2, transported: 30 },
];

interface Ambulance {
  readonly unitId: string;
  place: Point;
  freeAtMs: number;
}

export interface DemoOptions {
  /** The same seed always gives the same evening. */
  readonly seed: number;
  /** The beginning of the evening, milliseconds since the Unix epoch; the first call comes after it. */
  readonly startMs: number;
}

const MINUTE_MS = 60_000;
const MEAN_GAP_MS = 2 * MINUTE_MS;
const WAVE_MS = 90 * MINUTE_MS;
const FLEET_SIZE = 36;
/** Average speed of an ambulance, measured along the straight line. */
const PACE_M_PER_S = 8;
/** Per cent of the calls that are cancelled while the ambulance is on its way. */
const CANCELLED_PERCENT = 12;

/** Yields responses without end, sorted by the time at which their call was received. */
export function* generateEvening({
  seed,
  startMs,
}: DemoOptions): Generator<AmbulanceResponse, never, undefined> {
  const random = createRandom(seed);
  const fleet = createFleet(random, startMs);
  let nowMs = startMs;
  for (let call = 1; ; call += 1) {
    nowMs += gapMs(random, nowMs - startMs);
    const kind = pickKind(random);
    const place = pickPlace(random);
    const ambulances = kind.callType === 'Traffic Collision' && random() < 0.3 ? 2 : 1;
    for (let count = 0; count < ambulances; count += 1) {
      yield respond(random, fleet, { call, receivedMs: nowMs, kind, ...place });
    }
  }
}

function createFleet(random: Random, startMs: number): [Ambulance, ...Ambulance[]] {
  const station = (number: number): Ambulance => ({
    unitId: `A${String(number).padStart(2, '0')}`,
    place: scatter(random, pick(random, areas)),
    freeAtMs: startMs,
  });
  return [station(1), ...Array.from({ length: FLEET_SIZE - 1 }, (_, index) => station(index + 2))];
}

/**
 * The time until the next call: random (exponential), and in waves that are busier and quieter. Whole seconds, as in a call
 * log.
 */
function gapMs(random: Random, elapsedMs: number): number {
  const rush = 1 + 0.5 * Math.sin((2 * Math.PI * elapsedMs) / WAVE_MS);
  return wholeSeconds((-Math.log(1 - random()) * MEAN_GAP_MS) / rush);
}

const wholeSeconds = (ms: number) => Math.round(ms / 1000) * 1000;

function pickKind(random: Random): Kind {
  let left = random() * kinds.reduce((sum, { share }) => sum + share, 0);
  return kinds.find(({ share }) => (left -= share) < 0) ?? commonest;
}

function pickPlace(random: Random): { address: string; scene: Point } {
  const area = pick(random, areas);
  const block = Math.floor(between(random, 1, 30)) * 100;
  return {
    address: `${block} Block of ${pick(random, area.streets)}, San Francisco`,
    scene: scatter(random, area),
  };
}

function scatter(random: Random, { latitud, longitud }: Point): Point {
  return offsetBy({ latitud, longitud }, between(random, -700, 700), between(random, -700, 700));
}

interface Call {
  readonly call: number;
  readonly receivedMs: number;
  readonly kind: Kind;
  readonly address: string;
  readonly scene: Point;
}

function respond(random: Random, fleet: [Ambulance, ...Ambulance[]], call: Call): AmbulanceResponse {
  const ambulance = chooseAmbulance(fleet, call);
  const { kind, scene, receivedMs } = call;
  const rowId = `D${String(call.call).padStart(6, '0')}-${ambulance.unitId}`;
  const later = (fromMs: number, low: number, high: number) =>
    fromMs + wholeSeconds(between(random, low, high));
  const driveMs = (from: Point, to: Point) => (distanceM(from, to) / PACE_M_PER_S) * 1000 + MINUTE_MS;

  const dispatch = Math.max(later(receivedMs, 20_000, 120_000), ambulance.freeAtMs);
  const response = later(dispatch, 15_000, 90_000);
  const arrival = later(
    response,
    0.9 * driveMs(ambulance.place, scene),
    1.2 * driveMs(ambulance.place, scene),
  );
  const cancelled = random() * 100 < CANCELLED_PERCENT;
  const transported = !cancelled && random() * 100 < kind.transported;
  const hospitalPlace = chooseHospital(rowId, scene);
  const transport = later(arrival, 9 * MINUTE_MS, 26 * MINUTE_MS);
  const hospital = later(transport, 0.9 * driveMs(scene, hospitalPlace), 1.2 * driveMs(scene, hospitalPlace));
  const available = transported
    ? later(hospital, 12 * MINUTE_MS, 35 * MINUTE_MS)
    : cancelled
      ? wholeSeconds(between(random, response, arrival))
      : transport;

  ambulance.freeAtMs = available;
  ambulance.place = transported ? hospitalPlace : scene;
  return {
    rowId,
    unitId: ambulance.unitId,
    callType: kind.callType,
    callTypeGroup: kind.callTypeGroup,
    finalPriority: kind.finalPriority,
    address: call.address,
    scene,
    times: {
      received: receivedMs,
      dispatch,
      response,
      onScene: cancelled ? null : arrival,
      transport: transported ? transport : null,
      hospital: transported ? hospital : null,
      available,
    },
  };
}

/** The nearest ambulance that is free; if none is, the one that will be free first. */
function chooseAmbulance(fleet: [Ambulance, ...Ambulance[]], { receivedMs, scene }: Call): Ambulance {
  const free = fleet.filter(({ freeAtMs }) => freeAtMs <= receivedMs);
  const best = (rank: (ambulance: Ambulance) => number) => (a: Ambulance, b: Ambulance) =>
    rank(b) < rank(a) ? b : a;
  return free.length > 0
    ? free.reduce(best(({ place }) => distanceM(place, scene)))
    : fleet.reduce(best(({ freeAtMs }) => freeAtMs));
}
