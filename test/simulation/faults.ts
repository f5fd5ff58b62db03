/** What may happen in a simulated world, and how often. */

/**
 * - `cursors`: three processes, and clients that keep their cursors.
 * - `stock`: stock clients beside them, which do nothing for delivery.
 * - `embedded`: clients of both kinds, and one process with stores of its own.
 */
export type Cast = 'cursors' | 'stock' | 'embedded';
export const casts: readonly Cast[] = ['cursors', 'stock', 'embedded'];

/** The one whose turn it is: a third of all seeds has each of them. */
export const castOf = (seed: number): Cast => casts[seed % casts.length]!;

/** How often each of them happens, relative to the others. */
const usual = {
  change: 40,
  burst: 4,
  kill: 2,
  freeze: 3,
  thaw: 6,
  cutClient: 4,
  silenceClient: 2,
};
const ofShared = { cutRedis: 4, cutDatabase: 3, restartRedis: 1, emptyRedis: 1 };
/** One way is slower than another for a while. */
const ofSlowWays = { hold: 8 };
const ofStockClients = { follow: 6, manners: 3, renew: 2 };

export type Fault =
  | keyof typeof usual
  | keyof typeof ofShared
  | keyof typeof ofSlowWays
  | keyof typeof ofStockClients
  | 'drain';

/** Each as often as it happens. */
export function lotsOf(cast: Cast, hasSlowWays: boolean): readonly Fault[] {
  const weights: Partial<Record<Fault, number>> = {
    ...usual,
    ...(cast === 'embedded' ? { cutDatabase: ofShared.cutDatabase } : ofShared),
    ...(hasSlowWays && ofSlowWays),
    ...(cast !== 'cursors' && ofStockClients),
    ...(cast === 'stock' && { drain: 2 }),
  };
  return Object.entries(weights).flatMap(([fault, weight]) => Array<Fault>(weight).fill(fault as Fault));
}
