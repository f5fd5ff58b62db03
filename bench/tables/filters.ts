/** Measures what a delivery costs where all watch the same without a filter, with one filter, and with a filter each. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAppend } from '../../src/modules/append.ts';
import { boardTopic } from '../../src/modules/dispatch/events.ts';
import type { EventLog } from '../../src/stores/event-log/event-log.ts';
import { createEvent, machineUs } from '../dispatch-event.ts';
import { examineMachine } from '../machine.ts';
import { readCpuSeconds } from '../proc.ts';
import { startRedis } from '../redis-server.ts';
import { readMetric } from '../subjects/ours.ts';
import { city, Fleet } from './area/fleet.ts';
import { areaOf, mapQuery } from './area/maps.ts';
import { watched, type Watched } from './area/watched.ts';
import type { RowsListener } from './rows.ts';

const sockets = 1_000;
const [warmUpMs, windowMs] = [6_000, 6_000];
/** Each is measured so often, in turn: what else the machine does is then the same for all. */
const rounds = 3;
/** Changes a second on the board, and ambulances that tell their place once a second. */
const [changesPerSecond, ambulances] = [40, 40];

/** Something that happens while it is measured. */
interface Happening {
  /** Goes on until `stop`. */
  readonly run: () => Promise<void>;
  readonly stop: () => void;
  /** How much has happened. */
  readonly count: () => number;
}

interface Case {
  readonly shown: 'board' | 'map';
  readonly name: string;
  readonly query: string;
  readonly variablesOf: (socket: number) => Readonly<Record<string, unknown>>;
}

const selection = `{ changeType previousEstado timestamp
  dispatch { id estado prioridad incidente observaciones distanciaKm tiempoEstimadoMin fechaActualizacion version } }`;
const filteredBoard = `subscription Board($estado: DispatchStatus, $prioridad: Prioridad) {
  dispatchesUpdated(estado: $estado, prioridad: $prioridad) ${selection} }`;
/** Of all filters there are those that every change here passes: to and from two statuses, with one priority. */
const passing = [null, 'EN_CAMINO', 'EN_SITIO'].flatMap((estado) =>
  [null, 'ALTA'].map((prioridad) => ({ estado, prioridad })),
);

const cases: readonly Case[] = [
  {
    ...{ shown: 'board', name: 'no filter' },
    query: `subscription Board { dispatchesUpdated ${selection} }`,
    variablesOf: () => ({}),
  },
  { ...{ shown: 'board', name: 'one filter', query: filteredBoard }, variablesOf: () => passing[1]! },
  {
    ...{ shown: 'board', name: `${passing.length} filters`, query: filteredBoard },
    variablesOf: (socket) => passing[socket % passing.length]!,
  },
  { ...{ shown: 'map', name: 'one box', query: mapQuery }, variablesOf: () => areaOf(city) },
  {
    ...{ shown: 'map', name: 'a box each', query: mapQuery },
    // All of them contain the city.
    variablesOf: (socket) => areaOf({ ...city, north: city.north + socket / 1e6 }),
  },
];

interface Figures extends Pick<Case, 'shown' | 'name'> {
  readonly deliveriesPerSecond: number;
  readonly executionsPerEvent: number;
  readonly usPerDelivery: number;
}

/** Prints nothing; resolves with the table, Markdown. `scale` is the share of the sockets. */
export async function runFilters(scale: number, { onStep }: RowsListener): Promise<string> {
  const { cores } = examineMachine();
  const count = Math.max(2, Math.round(sockets * scale));
  const redis = await startRedis(cores.others);
  const runs: Figures[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1)
      for (const { shown, name, query, variablesOf } of cases) {
        onStep(`${shown}: ${name}, run ${round}`);
        const each = Array.from({ length: count }, (_, socket) => variablesOf(socket));
        const happening = shown === 'board' ? createChanges : createPositions;
        const measured = await watched({ redis, core: cores.server, query, each }, (on) =>
          measure(on, happening(on.eventLog)),
        );
        runs.push({ shown, name, ...measured });
      }
  } finally {
    await redis.stop();
  }
  const byCase = Map.groupBy(runs, ({ shown, name }) => `${shown} ${name}`);
  return format(count, [...byCase.values()].map(medianOf));
}

/** The run whose delivery cost neither most nor least. */
const medianOf = (runs: readonly Figures[]): Figures =>
  runs.toSorted((one, other) => one.usPerDelivery - other.usPerDelivery)[Math.floor(runs.length / 2)]!;

async function measure(
  { port, pid, watching }: Watched,
  happening: Happening,
): Promise<Omit<Figures, 'shown' | 'name'>> {
  const running = happening.run();
  // What fails on the way is thrown where it is awaited.
  running.catch(() => undefined);
  try {
    await sleep(warmUpMs);
    watching.take();
    const executions = () => readMetric(port, 'dispatch_executions_total');
    const [executed, happened, cpu, began] = [
      await executions(),
      happening.count(),
      readCpuSeconds(pid),
      performance.now(),
    ];
    await sleep(windowMs);
    const { deliveries } = watching.take();
    const [usedSeconds, events, seconds] = [
      readCpuSeconds(pid) - cpu,
      happening.count() - happened,
      (performance.now() - began) / 1_000,
    ];
    return {
      deliveriesPerSecond: deliveries / seconds,
      executionsPerEvent: ((await executions()) - executed) / events,
      usPerDelivery: (usedSeconds * 1e6) / deliveries,
    };
  } finally {
    happening.stop();
    await running;
  }
}

function createPositions(eventLog: Pick<EventLog, 'append'>): Happening {
  const fleet = new Fleet(eventLog, ambulances);
  return { run: () => fleet.drive(), stop: () => fleet.stop(), count: () => fleet.positions };
}

function createChanges(eventLog: Pick<EventLog, 'append'>): Happening {
  const append = createAppend(eventLog, () => {});
  let [made, isStopped] = [0, false];
  return {
    async run() {
      const beganUs = machineUs();
      while (!isStopped) {
        const due = Math.floor(((machineUs() - beganUs) / 1e6) * changesPerSecond);
        for (; made < due; made += 1) {
          const data = createEvent('1', made + 1, machineUs());
          await append([{ topic: boardTopic.key, event: { id: randomUUID(), at: Date.now(), data } }], null);
        }
        await sleep(2);
      }
    },
    stop: () => (isStopped = true),
    count: () => made,
  };
}

function format(count: number, figures: readonly Figures[]): string {
  return [
    `| what ${count.toLocaleString('en')} sockets watch | deliveries/s | executions for an event | µs of a core for a delivery | × the first of its kind |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...figures.map(({ shown, name, deliveriesPerSecond, executionsPerEvent, usPerDelivery }) => {
      const first = figures.find((other) => other.shown === shown)!;
      const cells = [
        `${shown}: ${name}`,
        Math.round(deliveriesPerSecond).toLocaleString('en'),
        ...[executionsPerEvent, usPerDelivery, usPerDelivery / first.usPerDelivery].map((value) =>
          value.toFixed(2),
        ),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
