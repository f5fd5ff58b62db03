/** What may happen in a simulated world, and how often. */

/**
 * - `cursors`: three processes, and clients that keep their cursors.
 * - `stock`: stock clients beside them, which do nothing for delivery.
 * - `embedded`: clients of both kinds, and one process with stores of its own.
 * - `roaming`: stock clients that change their networks and leave ghosts behind, on processes that are rolled. All else works, for so
 *   long that what takes seconds is due.
 * - `dropping`: clients that keep their cursors, behind something that drops events and goes on: they compare positions.
 * - `routers`: replicas of a router that ask the same under one id, now one of them and now several, beside a stock client.
 */
export type Cast = 'cursors' | 'stock' | 'embedded' | 'roaming' | 'dropping' | 'routers';
export const casts: readonly Cast[] = ['cursors', 'stock', 'embedded', 'roaming', 'dropping', 'routers'];

export interface Kind {
  readonly cast: Cast;
  /** Whether one way may be much slower than another. */
  readonly hasSlowWays: boolean;
  /** Whether Redis may come back from an older copy of its data. */
  readonly comesBackOlder?: boolean;
}

/** The kind of world whose turn it is: there are as many seeds of each. */
export const kindOf = (seed: number): Kind => ({
  cast: casts[seed % casts.length]!,
  hasSlowWays: Math.floor(seed / casts.length) % 2 === 1,
});

/** How often each of them happens, relative to the others. */
const ofProcesses = { kill: 2, freeze: 3, thaw: 6 };
const ofClients = { cutClient: 4, silenceClient: 2 };
const ofRecord = { change: 40, burst: 4 };
const usual = { ...ofRecord, ...ofProcesses, ...ofClients };
const ofShared = { cutRedis: 4, cutDatabase: 3, restartRedis: 1, emptyRedis: 1 };
/** One way is slower than another for a while. */
const ofSlowWays = { hold: 8 };
const ofOlderCopies = { rollBackRedis: 2 };
const ofStockClients = { follow: 6, manners: 3, renew: 2 };
const ofRolledProcesses = { drain: 2 };
const ofRouters = { manners: 2, renew: 3, rest: 4, roam: 2 };

type Weights = Partial<Record<Fault, number>>;
export type Fault =
  | keyof typeof usual
  | keyof typeof ofShared
  | keyof typeof ofSlowWays
  | keyof typeof ofOlderCopies
  | keyof typeof ofStockClients
  | keyof typeof ofRolledProcesses
  | keyof typeof ofRouters;

/** Of each cast: what happens to the world, and what its stock clients and whoever rolls the processes do. */
const weightsOf: Readonly<Record<Cast, readonly [Weights, Weights?]>> = {
  cursors: [{ ...usual, ...ofShared }],
  dropping: [{ ...usual, ...ofShared }],
  stock: [
    { ...usual, ...ofShared },
    { ...ofStockClients, ...ofRolledProcesses },
  ],
  embedded: [{ ...usual, cutDatabase: ofShared.cutDatabase }, ofStockClients],
  roaming: [
    { ...ofRecord, ...ofClients, kill: 1, emptyRedis: 1 },
    { ...ofStockClients, ...ofRolledProcesses, roam: 6 },
  ],
  routers: [
    { ...ofRecord, ...ofClients, kill: 1, freeze: 1, thaw: 4, cutRedis: 1, emptyRedis: 1 },
    { ...ofRouters, ...ofRolledProcesses },
  ],
};

/** Each as often as it happens. */
export function lotsOf({ cast, hasSlowWays, comesBackOlder = false }: Kind): readonly Fault[] {
  const [ofWorld, ofPeople] = weightsOf[cast];
  // In this order, which decides what a seed means.
  const weights: Weights = {
    ...{ ...ofWorld, ...(hasSlowWays && ofSlowWays), ...ofPeople },
    ...(comesBackOlder && ofOlderCopies),
  };
  return Object.entries(weights).flatMap(([fault, weight]) => Array<Fault>(weight).fill(fault as Fault));
}
