/** The controls with which the viewer changes the selected dispatch, as far as their token allows. */
import {
  estadosNext,
  hasEnded,
  isAwaited,
  type Ambulance,
  type Dispatch,
  type Estado,
} from '../data/dispatch.ts';
import type { FreeUnit } from '../data/units.ts';
import { element, part, setAttributes, setText } from '../dom.ts';
import type { May } from '../live/may.ts';
import { formatKm } from '../state/times.ts';
import { words } from '../words/words.ts';
import { confirmButton } from './confirm-button.ts';

export interface WorkHandlers {
  readonly onAssign: (unit: Ambulance) => void;
  readonly onMove: (estado: Estado) => void;
  /** In the stead of the crew. */
  readonly onAnswer: (accept: boolean) => void;
  /** Resolves to whether it was sent. */
  readonly onSend: (message: string) => Promise<boolean>;
  readonly onFollow: () => void;
  readonly onTrack: () => void;
}

export interface WorkState {
  readonly dispatch: Dispatch;
  readonly free: readonly FreeUnit[];
  readonly isMine: boolean;
  readonly tracks: boolean;
}

/** More are found by typing. */
const maxUnits = 40;

export class WorkView {
  readonly #may: May;
  readonly #handlers: WorkHandlers;
  readonly #moves = part('moves', HTMLElement);
  readonly #assign = part('assign', HTMLFormElement);
  readonly #unit = part('unit', HTMLInputElement);
  readonly #units = part('units', HTMLDataListElement);
  readonly #message = part('message', HTMLFormElement);
  readonly #text = part('message-text', HTMLInputElement);
  readonly #follow = part('follow', HTMLButtonElement);
  readonly #track = part('track', HTMLButtonElement);
  #free: readonly FreeUnit[] = [];
  #shownMoves = '';
  #shownUnits = '';
  #shownId = '';

  constructor(may: May, handlers: WorkHandlers) {
    this.#may = may;
    this.#handlers = handlers;
    this.#assign.append(confirmButton(words.page.assign, { class: 'act' }, () => this.#onAssign()));
    this.#message.append(confirmButton(words.page.send, { class: 'act' }, () => void this.#onSend()));
    // Enter presses the button, which asks first.
    for (const form of [this.#assign, this.#message])
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const button = form.querySelector('button');
        button?.focus();
        button?.click();
      });
    this.#follow.addEventListener('click', () => handlers.onFollow());
    this.#track.addEventListener('click', () => handlers.onTrack());
  }

  render({ dispatch, free, isMine, tracks }: WorkState): void {
    const { id, estado, ambulancia } = dispatch;
    if (id !== this.#shownId) for (const input of [this.#unit, this.#text]) input.value = '';
    this.#shownId = id;
    const canAssign = this.#may.assign() && (estado === 'PENDIENTE' || estado === 'ASIGNADO');
    setAttributes(this.#assign, { hidden: !canAssign });
    setAttributes(this.#message, { hidden: !this.#may.send() || hasEnded(estado) });
    setText(this.#follow, isMine ? words.unfollow : words.follow);
    setAttributes(this.#follow, { 'aria-pressed': String(isMine) });
    setText(this.#track, tracks ? words.untrack : words.track);
    setAttributes(this.#track, {
      hidden: ambulancia === null || hasEnded(estado),
      'aria-pressed': String(tracks),
    });
    this.#renderMoves(dispatch);
    if (canAssign) this.#renderUnits(free);
  }

  #renderMoves(dispatch: Dispatch): void {
    const { id, estado } = dispatch;
    const may = this.#may.move(dispatch) && !hasEnded(estado);
    const answer = isAwaited(dispatch) ? dispatch.assignment!.answer : null;
    const key = `${id} ${estado} ${may} ${answer}`;
    if (key === this.#shownMoves) return;
    this.#shownMoves = key;
    const next = may ? estadosNext(estado) : [];
    const button = (to: Estado, label: string) =>
      confirmButton(label, { class: 'act', 'data-move': to }, () => this.#handlers.onMove(to));
    const answerButton = (accept: boolean, label: string) =>
      confirmButton(label, { class: 'act', 'data-accept': String(accept) }, () =>
        this.#handlers.onAnswer(accept),
      );
    this.#moves.replaceChildren(
      ...(may && answer !== null ? [answerButton(true, words.crewAccepts)] : []),
      ...(may && answer !== null && answer !== 'DECLINED' ? [answerButton(false, words.crewDeclines)] : []),
      ...next.map((to) => button(to, words.moveOn(words.estado[to]))),
      ...(may ? [button('CANCELADO', words.cancelDispatch)] : []),
    );
  }

  #renderUnits(free: readonly FreeUnit[]): void {
    this.#free = free;
    const nearest = free.slice(0, maxUnits);
    const key = nearest.map(({ id, km }) => `${id} ${km?.toFixed(1)}`).join();
    if (key === this.#shownUnits) return;
    this.#shownUnits = key;
    this.#units.replaceChildren(
      ...nearest.map(({ id, placa, km }) =>
        element(
          'option',
          { value: id },
          [placa, km === null ? null : words.away(formatKm(km))].filter(Boolean).join(' · '),
        ),
      ),
    );
  }

  #onAssign(): void {
    const id = this.#unit.value.trim();
    if (id === '') return this.#unit.focus();
    const placa = this.#free.find((unit) => unit.id === id)?.placa ?? null;
    this.#unit.value = '';
    this.#handlers.onAssign({ id, placa });
  }

  async #onSend(): Promise<void> {
    const message = this.#text.value.trim();
    if (message === '') return this.#text.focus();
    if (await this.#handlers.onSend(message)) this.#text.value = '';
  }
}
