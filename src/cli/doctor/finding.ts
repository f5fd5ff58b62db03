/** Collects the findings of the doctor: what was found, how bad it is, and what to do about it. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';

export interface Finding {
  /** `problem`: the service will not work, or not keep its promises. `warning`: it will work, but the operator should know this. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** The part that was examined. */
  readonly part: string;
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** The findings about one part. */
export class Findings {
  readonly #part: string;
  readonly list: Finding[] = [];

  constructor(part: string) {
    this.#part = part;
  }

  ok(says: string): void {
    this.list.push({ level: 'ok', part: this.#part, says });
  }

  warning(says: string, advice: string): void {
    this.list.push({ level: 'warning', part: this.#part, says, advice });
  }

  problem(says: string, advice: string): void {
    this.list.push({ level: 'problem', part: this.#part, says, advice });
  }
}

/** The time limit for one part. */
const timeoutMs = 10_000;

/**
 * Examines one part with `look`. An error or a timeout of `look` becomes a problem of that part with `advice`, so that all
 * other parts are still examined.
 */
export async function examine(
  part: string,
  clock: Clock,
  advice: string,
  look: (findings: Findings) => Promise<void>,
): Promise<readonly Finding[]> {
  const findings = new Findings(part);
  try {
    await within(clock, timeoutMs, 'The answer', look(findings));
  } catch (error) {
    findings.problem(reasonOf(error), advice);
  }
  return findings.list;
}

/** The message of the innermost cause, which says most: the error of `fetch` itself says only "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

/** Clocks that differ more than this make leases, tokens and the times on screens wrong. */
const maxSkewMs = 2_000;

/** Compares the clock of this machine with another one, which was read at some time between `askedAt` and now. */
export function compareClocks(findings: Findings, whose: string, theirsMs: number, askedAt: number): void {
  const now = Date.now();
  const skewMs = Math.max(0, askedAt - theirsMs, theirsMs - now);
  if (skewMs > maxSkewMs)
    findings.problem(
      `its clock and ours differ by ${(skewMs / 1000).toFixed(1)} s`,
      `Synchronise the clocks of ${whose} and of this machine with NTP.`,
    );
  else findings.ok('its clock agrees with ours');
}
