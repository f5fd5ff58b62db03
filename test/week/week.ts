/** Plays a call log on the service's own clock, which is run fast: from one thing that happens, or is due, to the next. */
import type { Database } from '../../src/db/database.ts';
import { nextDueIn } from '../../src/db/queries/next-due.ts';
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { planDispatches, type DispatchPlan, type Step } from '../../src/cli/replay/calls/timeline.ts';
import { hashText } from '../../src/cli/replay/random.ts';
import { AlertWatcher } from '../../src/modules/alert/alert-watcher.ts';
import type { AlertLimits } from '../../src/modules/alert/limits.ts';
import { Escalator } from '../../src/modules/dispatch/assignments/escalator.ts';
import type { AnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ManualClock } from '../support/clock.ts';
import { byAna, tRepositories } from '../support/repositories.ts';

export interface WeekRules {
  readonly limits: AlertLimits;
  readonly answerMs: AnswerTimes;
  readonly positionsPerLeg: number;
}

/** A crew's app has an assignment after so long, milliseconds. */
const deliveryMs = 2_000;
/** Of so many crews one has no app that acknowledges. A log does not say, so it is made up, the same each time. */
const crewsPerSilent = 20;

/** When the crew's app has acknowledged, milliseconds since the Unix epoch; null where it never does. */
const deliveredAt = ({ rowId }: DispatchPlan, assignedMs: number): number | null =>
  hashText(rowId) % crewsPerSilent === 0 ? null : assignedMs + deliveryMs;

export interface Week {
  /** The row of the log of each dispatch, by the id of the dispatch. */
  readonly rowIds: ReadonlyMap<string, string>;
  /** When each assignment was acknowledged, by its id: what receipts would say. */
  readonly receipts: ReadonlyMap<string, number | null>;
  /** When the last step was made, ISO 8601. */
  readonly endedAt: string;
}

export async function playWeek(
  database: Database,
  responses: Iterable<AmbulanceResponse>,
  rules: WeekRules,
): Promise<Week> {
  const plans = [...planDispatches(responses, rules)];
  const steps = plans
    .flatMap((plan) => plan.steps.map((step) => ({ plan, step })))
    // Equal times stay in the order of their dispatch.
    .sort((one, other) => one.step.atMs - other.step.atMs);
  const clock = new ManualClock(steps[0]?.step.atMs);
  const player = new WeekPlayer(database, clock, rules);
  for (const { plan, step } of steps) await player.play(plan, step);
  return player.end();
}

class WeekPlayer {
  readonly #database: Database;
  readonly #clock: ManualClock;
  readonly #repositories: ReturnType<typeof tRepositories>;
  readonly #escalator: Escalator;
  readonly #watcher: AlertWatcher;
  readonly #ids = new Map<DispatchPlan, string>();
  readonly #receipts = new Map<string, number | null>();

  constructor(database: Database, clock: ManualClock, { limits, answerMs }: WeekRules) {
    this.#database = database;
    this.#clock = clock;
    this.#repositories = tRepositories(database, { clock, limits, answerMs });
    const { assignmentBook, alertBook: book, messages } = this.#repositories;
    const log = createLogger('silent');
    this.#escalator = new Escalator({
      ...{ database, clock, log, metrics: createMetrics(), book: assignmentBook },
      tell: (change, some) => messages.write(change, some),
    });
    this.#watcher = new AlertWatcher({
      ...{ database, clock, book, log },
      deliveriesOf: async (ids) => new Map(ids.map((id) => [id, { state: this.#deliveryOf(id) }])),
    });
  }

  async play(plan: DispatchPlan, step: Step): Promise<void> {
    await this.#runUntil(step.atMs);
    await this.#take(plan, step);
  }

  end(): Week {
    const rowIds = new Map([...this.#ids].map(([{ rowId }, id]) => [id, rowId]));
    return { rowIds, receipts: this.#receipts, endedAt: new Date(this.#clock.now()).toISOString() };
  }

  #deliveryOf(assignmentId: string): 'DELIVERED' | 'NOT_YET' {
    const at = this.#receipts.get(assignmentId) ?? null;
    return at !== null && at <= this.#clock.now() ? 'DELIVERED' : 'NOT_YET';
  }

  /** What is due by then happens each at its time; what is due at that very time waits for what happens then. */
  async #runUntil(atMs: number): Promise<void> {
    for (;;) {
      const due = [
        await nextDueIn(this.#database, 'assignments'),
        await nextDueIn(this.#database, 'alert_watches'),
      ];
      const next = Math.min(...due.map((one) => one ?? Infinity));
      if (next >= atMs) break;
      await this.#jump(next);
      while (await this.#escalator.escalateNext());
      while (await this.#watcher.lookNext());
    }
    await this.#jump(atMs);
  }

  async #jump(atMs: number): Promise<void> {
    const ms = atMs - this.#clock.now();
    if (ms > 0) await this.#clock.advance(ms);
  }

  async #take(plan: DispatchPlan, step: Step): Promise<void> {
    const { dispatches, locations, assignments, assignmentReader } = this.#repositories;
    const id = this.#ids.get(plan) ?? '';
    if (step.kind === 'create') {
      const { destino, origen, ...input } = plan.input;
      const created = await dispatches.create({ ...input, origen, destino: destino ?? null }, 'calls');
      this.#ids.set(plan, created.id);
    } else if (step.kind === 'assign') {
      await dispatches.assign(id, { id: plan.ambulanciaId, placa: null }, byAna);
      const assignment = (await assignmentReader.newestOf([id])).get(id)!;
      this.#receipts.set(assignment.id, deliveredAt(plan, step.atMs));
    } else if (step.kind === 'position') {
      const measured = { altitud: null, precision: null, recordedAt: null, rumbo: null, ...step.position };
      await locations.report(id, measured, { actorId: plan.ambulanciaId, onlyAmbulanciaId: null });
    } else {
      // The time between being sent and leaving is what the log has of an answer.
      if (step.estado === 'EN_CAMINO')
        await assignments.answer({
          ...{ despachoId: id, assignmentId: null, key: null, accept: true, reason: null },
          ...{ actorId: plan.ambulanciaId, ambulanciaId: plan.ambulanciaId, isAnybody: false },
        });
      await dispatches.updateStatus(id, step.estado, byAna);
    }
  }
}
