/** The process that simulates the clients. */
import { answerParent } from '../answering.ts';
import { Evening, type EveningOpening } from './evening/evening.ts';
import { HttpLoad, type HttpAsking } from './http-load.ts';
import { Load, type Opening, type Subscribing } from './load.ts';
import { Storm } from './storm.ts';

interface Watching {
  /** The process whose CPU time is read: the server. */
  readonly pid: number;
  readonly durationMs: number;
}

interface Awaited {
  readonly what: 'deliveries' | 'snapshots';
  readonly atLeast: number;
  readonly timeoutMs: number;
}

const load = new Load();
const storm = new Storm(load);
let http: HttpLoad | undefined;
let evening: Evening | undefined;

const commands = {
  open: (opening: Opening) => load.open(opening).then(() => null),
  subscribe: (subscribing: Subscribing) => load.subscribe(subscribing).then(() => null),
  drop(_input: null) {
    load.drop();
    return null;
  },
  clear(_input: null) {
    load.clear();
    return null;
  },
  received: ({ what, atLeast, timeoutMs }: Awaited) => load.received(what, atLeast, timeoutMs),
  window: ({ pid, durationMs }: Watching) => load.window(pid, durationMs),
  samples: (_input: null) => load.samples(),

  stormWatch(_input: null) {
    storm.watch();
    return null;
  },
  stormDrop(_input: null) {
    storm.drop();
    return null;
  },
  stormReconnect: ({ opening, subscribing }: { opening: Opening; subscribing: Subscribing }) =>
    storm.reconnect(opening, subscribing),
  stormLosses: ({ timeoutMs }: { timeoutMs: number }) => storm.losses(timeoutMs),

  async eveningOpen(opening: EveningOpening) {
    evening = new Evening(opening);
    await evening.open();
    return null;
  },
  eveningReceived: ({ atLeast, timeoutMs }: { atLeast: number; timeoutMs: number }) =>
    evening!.received(atLeast, timeoutMs),
  eveningSamples: (_input: null) => evening!.samples(),
  eveningClear(_input: null) {
    evening!.clear();
    return null;
  },
  eveningWindow: ({ pid, durationMs, reconnecting }: Watching & { reconnecting: number }) =>
    evening!.window(pid, durationMs, reconnecting),
  eveningTally: (_input: null) => evening!.tally(),

  async ask({ pid, warmUpMs, durationMs, ...client }: HttpAsking & Watching & { warmUpMs: number }) {
    http = new HttpLoad(client);
    await http.window(pid, warmUpMs);
    const figures = await http.window(pid, durationMs);
    const { answer } = http;
    http.close();
    return { ...figures, answer: JSON.parse(answer) as unknown };
  },
};
export type GeneratorCommands = typeof commands;

answerParent(commands);
