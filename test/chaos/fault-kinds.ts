/** The kinds of faults that a run causes, and what each of them breaks. */
import { pathFaults, type PathFault } from './client-path.ts';

const processes = ['server killed', 'server moved', 'server frozen'] as const;
const drains = ['server drained'] as const;
const postgres = ['postgres killed', 'postgres failed over'] as const;
const redis = ['redis killed', 'redis emptied', 'redis asleep', 'pubsub clients killed'] as const;

export const faultKinds = [...processes, ...drains, ...postgres, ...redis, ...pathFaults] as const;
export type FaultKind = (typeof faultKinds)[number];

export const faultsOf = { processes, drains, postgres, redis, paths: pathFaults } as const;
export type { PathFault };
