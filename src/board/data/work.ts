/** Does what a dispatcher asks for: shown at once, and taken back where the service refuses it. */
import { LiveError, type LiveClient } from '../../../packages/live/src/index.ts';
import { whyNot } from '../live/why.ts';
import {
  answerMutation,
  assignMutation,
  dispatchQuery,
  moveMutation,
  sendMutation,
  type DispatchAnswer,
} from '../live/work-operations.ts';
import { words } from '../words/words.ts';
import type { Ambulance, Dispatch, Estado } from './dispatch.ts';
import type { Dispatches, Prediction } from './dispatches.ts';

export interface WorkOptions {
  readonly live: LiveClient;
  readonly dispatches: Dispatches;
  readonly onChange: () => void;
  /** `undo`: takes it back, where that is possible. */
  readonly onDone: (what: string, undo?: () => void) => void;
  readonly onRefused: (why: string) => void;
}

export class Work {
  readonly #options: WorkOptions;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** An assignment takes the place of another one, so it can be taken back where there was one; not into PENDIENTE. */
  async assign(dispatch: Dispatch, unit: Ambulance): Promise<void> {
    const { id, ambulancia: before, estado } = dispatch;
    const variables = { id, expectedVersion: dispatch.version, ambulanciaId: unit.id, placa: unit.placa };
    const done = await this.#change(id, { estado: 'ASIGNADO', ambulancia: unit }, () =>
      this.#options.live.request(assignMutation, variables),
    );
    if (!done) return;
    const canUndo = before !== null && estado === 'ASIGNADO' && before.id !== unit.id;
    this.#options.onDone(
      words.assigned(unit.id, id),
      canUndo ? () => void this.assign(done, before) : undefined,
    );
  }

  /** Says in the stead of the crew whether they go. */
  async answer({ id, assignment }: Dispatch, accept: boolean): Promise<void> {
    if (!assignment) return;
    const variables = { id, assignmentId: assignment.id, accept };
    const done = await this.#change(id, {}, () => this.#options.live.request(answerMutation, variables));
    if (done) this.#options.onDone(words.moved(id, words.answer[accept ? 'ACCEPTED' : 'DECLINED']));
  }

  async move({ id, version }: Dispatch, estado: Estado): Promise<void> {
    const variables = { id, expectedVersion: version, estado };
    const done = await this.#change(id, { estado }, () =>
      this.#options.live.request(moveMutation, variables),
    );
    if (done) this.#options.onDone(words.moved(id, words.estado[estado]));
  }

  /** Resolves to whether it was sent. */
  async send(channel: string, message: string): Promise<boolean> {
    const { live, onDone, onRefused } = this.#options;
    try {
      await live.request(sendMutation, { channel, message });
    } catch (error) {
      onRefused(whyNot(error));
      return false;
    }
    onDone(words.sent(channel));
    return true;
  }

  /** Resolves with the dispatch as it is then; null when it was refused, and nothing is changed. */
  async #change(
    id: string,
    prediction: Prediction,
    request: () => Promise<DispatchAnswer>,
  ): Promise<Dispatch | null> {
    const { dispatches, onChange, onRefused } = this.#options;
    const takeBack = dispatches.predict(id, prediction);
    onChange();
    try {
      const { dispatch } = await request();
      dispatches.takeAnswer(dispatch, performance.now());
      return dispatch;
    } catch (error) {
      const isConflict = error instanceof LiveError && error.code === 'CONFLICT';
      if (isConflict) await this.#readAgain(id);
      onRefused(isConflict ? words.conflict : whyNot(error));
      return null;
    } finally {
      takeBack();
      onChange();
    }
  }

  /** The stream brings what the others did as well; until then nobody should see what is known to be old. */
  async #readAgain(id: string): Promise<void> {
    const { live, dispatches, onRefused } = this.#options;
    try {
      const { dispatch } = await live.request(dispatchQuery, { id });
      dispatches.takeAnswer(dispatch, performance.now());
    } catch (error) {
      onRefused(whyNot(error));
    }
  }
}
