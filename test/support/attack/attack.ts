/** What an attack is: data, so that the tests run it and the operations guide lists it. */
import type { Attacker } from './attacker.ts';

/** What a service keeps to under an attack. */
export interface Bounds {
  /** Its longest turn of the event loop, milliseconds of its own CPU time beyond what an idle twin needs meanwhile. */
  readonly longestTurnMs: number;
  /** Its resident memory at the most. */
  readonly peakMiB: number;
}

/** The pod's limit of memory, and a turn in which nobody else is served for a quarter of a second. */
export const defaultBounds: Bounds = { longestTurnMs: 250, peakMiB: 768 };

export interface Attack {
  /** The input, in a line of the table of the operations guide. */
  readonly name: string;
  /** What holds it, as the table names it: a setting, or a rule. */
  readonly heldBy: string;
  /** Everything that is answered: `data`, error codes, `closed 4400`, `HTTP 404`. */
  readonly answered: readonly string[];
  /** What may be answered besides: it depends on who is faster, the service or those who attack it. */
  readonly mayAnswer?: readonly string[];
  /** Needs a process that has served nobody yet. */
  readonly cold?: boolean;
  readonly bounds?: Partial<Bounds>;
  /** Resolves with what was answered, in the words of `answered`; each once or more often, in any order. */
  readonly run: (attacker: Attacker) => Promise<readonly string[]>;
}

/** Services that a server calls. */
export type NeighbourName = 'MS Auth' | 'a router';

/** Attacks of one kind, which are made on one process. */
export interface AttackKind {
  /** As the table heads them. */
  readonly title: string;
  /** Settings beside those of production. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stand-ins that it is configured with. */
  readonly neighbours?: readonly NeighbourName[];
  /** Fills the folder of the database before the process starts. */
  readonly fill?: (folder: string) => Promise<void>;
  /** Fills a process that has just started. */
  readonly prepare?: (attacker: Attacker) => Promise<void>;
  readonly attacks: readonly Attack[];
}
