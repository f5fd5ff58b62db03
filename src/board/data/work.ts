/** Does what a dispatcher asks for: shown at once, and taken back where the service refuses it. */
import type { Live, Refused } from '../live/live.ts';
import { assignMutation, dispatchQuery, moveMutation, sendMutation } from '../live/work-operations.ts';
import type { DispatchAnswer } from '../live/work-operations.ts';
import { words } from '../words/words.ts';
import type { Ambulance, Dispatch, Estado } from './dispatch.ts';
import type { Dispatches, Prediction } from './dispatches.ts';

export interface WorkOptions {
  readonly live: Live;
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
    const variables = { ambulanciaId: unit.id, placa: unit.placa };
    const done = await this.#change(
      dispatch,
      { estado: 'ASIGNADO', ambulancia: unit },
      assignMutation,
      variables,
    );
    if (!done) return;
    const canUndo = before !== null && estado === 'ASIGNADO' && before.id !== unit.id;
    this.#options.onDone(
      words.assigned(unit.id, id),
      canUndo ? () => void this.assign(done, before) : undefined,
    );
  }

  async move(dispatch: Dispatch, estado: Estado): Promise<void> {
    const done = await this.#change(dispatch, { estado }, moveMutation, { estado });
    if (done) this.#options.onDone(words.moved(dispatch.id, words.estado[estado]));
  }

  /** Resolves to whether it was sent. */
  async send(channel: string, message: string): Promise<boolean> {
    const { live, onDone, onRefused } = this.#options;
    try {
      await live.ask(sendMutation, { channel, message });
    } catch (error) {
      onRefused((error as Refused).message);
      return false;
    }
    onDone(words.sent(channel));
    return true;
  }

  /** Resolves with the dispatch as it is then; null when it was refused, and nothing is changed. */
  async #change(
    { id, version }: Dispatch,
    prediction: Prediction,
    mutation: string,
    variables: Record<string, unknown>,
  ): Promise<Dispatch | null> {
    const { live, dispatches, onChange, onRefused } = this.#options;
    const takeBack = dispatches.predict(id, prediction);
    onChange();
    try {
      const answer = await live.ask<DispatchAnswer>(mutation, { id, expectedVersion: version, ...variables });
      dispatches.takeAnswer(answer.dispatch, performance.now());
      return answer.dispatch;
    } catch (error) {
      const { code, message } = error as Refused;
      if (code === 'CONFLICT') await this.#readAgain(id);
      onRefused(code === 'CONFLICT' ? words.conflict : message);
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
      const { dispatch } = await live.ask<DispatchAnswer>(dispatchQuery, { id });
      dispatches.takeAnswer(dispatch, performance.now());
    } catch (error) {
      onRefused((error as Refused).message);
    }
  }
}
