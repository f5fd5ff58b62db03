/** Owns what the doctor finds: how bad it is, what it is, and what to do about it. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';

export interface Finding {
  /** `problem`: the service will not work, or not as it promises. `warning`: it will, and this should be known. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** Which part was looked at. */
  readonly part: string;
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Notes what is found about one part. */
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

/** How long one part is waited for, milliseconds. */
const timeoutMs = 10_000;

/** Looks at one part. What it throws, or that it does not answer, is a problem of that part and keeps no other from being looked at. */
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

/** The innermost cause says most: of "fetch failed", that the name is not known. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
/** Clocks that differ more than this make leases, tokens and times on screens wrong, milliseconds. */
const maxSkewMs = 2_000;

/** Compares our clock with another one, which was read at some time between `askedAt` and now. */
export function compareClocks(findings: Findings, whose: string, theirsMs: number, askedAt: number): void {
  const now = Date.now();
  const skewMs = Math.max(0, askedAt - theirsMs, theirsMs - now);
  if (skewMs > maxSkewMs)
    findings.problem(
      `its clock and ours differ by ${(skewMs / 1000).toFixed(1)} s`,
      `Let ${whose} and this machine keep time with NTP.`,
    );
  else findings.ok('its clock agrees with ours');
}
