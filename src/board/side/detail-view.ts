/** Shows the selected dispatch: its facts, and its timeline with the past and the coming statuses. */
import type { KnownDelivery } from '../data/deliveries.ts';
import { estadosAhead, hasEnded, type Dispatch, type Estado, type Location } from '../data/dispatch.ts';
import { element, part, setAttributes, setText } from '../dom.ts';
import { glyph } from '../map/marks/glyph.ts';
import type { Step } from '../live/operations.ts';
import type { Arrival } from '../state/arrival.ts';
import { formatKm, formatSpan, formatTime } from '../state/times.ts';
import { words } from '../words/words.ts';
import { describeAssignment } from './assignment-text.ts';

export interface Detail {
  readonly dispatch: Dispatch;
  readonly steps: readonly Step[];
  readonly location: Location | undefined;
  readonly arrival: Arrival | null;
  /** Whether the crew has the assignment; null where nobody knows yet. */
  readonly delivery: KnownDelivery | null;
  /** By the clock of the service, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Milliseconds. */
  readonly inStatusMs: number;
  readonly overdueMs: number;
  /** How old the last position is; null where there is none. */
  readonly positionMs: number | null;
}

type FactName = keyof typeof words.facts;

export class DetailView {
  readonly #root = part('detail', HTMLElement);
  readonly #title = part('detail-title', HTMLElement);
  readonly #steps = part('timeline', HTMLElement);
  readonly #hint = part('detail-hint', HTMLElement);
  readonly #facts = new Map<FactName, HTMLElement>();
  #shownSteps = '';

  constructor(onClose: () => void) {
    part('detail-close', HTMLButtonElement).addEventListener('click', onClose);
    for (const name of Object.keys(words.facts) as FactName[]) {
      const value = element('dd', { 'data-fact': name });
      this.#facts.set(name, value);
      part('detail-facts', HTMLElement).append(element('dt', {}, words.facts[name]), value);
    }
  }

  /** `problem`: why the dispatch that was asked for cannot be shown. */
  render(detail: Detail | null, problem: string | null): void {
    setAttributes(this.#root, { 'data-open': detail !== null });
    setText(this.#hint, problem ?? words.page.choose);
    if (!detail) return setText(this.#title, words.page.timeline);
    const { dispatch, steps } = detail;
    const { id, ambulancia, estado } = dispatch;
    setText(this.#title, ambulancia ? `${ambulancia.id} · #${id}` : `#${id}`);
    for (const [name, text] of Object.entries(factsOf(detail)))
      setText(this.#facts.get(name as FactName)!, text);
    setAttributes(this.#facts.get('inStatus')!, { 'data-overdue': detail.overdueMs > 0 });
    const { assignment } = dispatch;
    setAttributes(this.#facts.get('answer')!, {
      'data-answer': assignment?.answer ?? null,
      'data-delivery': detail.delivery?.state ?? null,
    });
    this.#renderSteps(estado, steps);
  }

  #renderSteps(estado: Estado, steps: readonly Step[]): void {
    const key = JSON.stringify([estado, steps]);
    if (key === this.#shownSteps) return;
    this.#shownSteps = key;
    const past = steps.map((step, index) => pastStep(step, steps[index - 1]));
    const last = steps.at(-1)?.dispatch.estado;
    const ahead = last && !hasEnded(estado) ? estadosAhead(last).map(stepAhead) : [];
    this.#steps.replaceChildren(...past, ...ahead);
  }
}

function factsOf({ dispatch, location, arrival, inStatusMs, overdueMs, positionMs, ...detail }: Detail) {
  const { origen, destino, prioridad, incidente, observaciones, ambulancia, estado, assignment } = dispatch;
  const none = '–';
  const overdue = overdueMs > 0 ? `, ${words.overdueBy(formatSpan(overdueMs))}` : '';
  return {
    incident: `${words.incidente[incidente]} · ${words.prioridad[prioridad]}`,
    from: origen.direccion ?? formatPoint(origen),
    to: destino ? (destino.direccion ?? formatPoint(destino)) : none,
    ambulance: ambulancia ? formatAmbulance(dispatch, location) : words.noUnit,
    answer: assignment ? describeAssignment(assignment, detail.delivery, detail.nowMs) : none,
    position: positionMs === null ? none : words.age(formatSpan(positionMs)),
    arrival: arrival ? words.arrival(arrival.minutes, formatKm(arrival.km)) : none,
    inStatus: hasEnded(estado)
      ? words.estado[estado]
      : `${words.estado[estado]} ${words.inStatus(formatSpan(inStatusMs))}${overdue}`,
    note: observaciones ?? none,
  } satisfies Record<FactName, string>;
}

function pastStep(step: Step, before: Step | undefined): HTMLLIElement {
  const { estado, ambulancia } = step.dispatch;
  const spanMs = before && Date.parse(step.timestamp) - Date.parse(before.timestamp);
  const isSame = before?.dispatch.estado === estado;
  const name = words.estado[estado];
  return element(
    'li',
    { class: 'step', 'data-estado': estado, 'data-version': step.dispatch.version },
    glyph(estado),
    element('span', { class: 'step-name' }, isSame && ambulancia ? `${name} · ${ambulancia.id}` : name),
    element('time', { datetime: step.timestamp }, formatTime(step.timestamp)),
    element('span', { class: 'step-span' }, spanMs === undefined ? '' : `+${formatSpan(spanMs)}`),
  );
}

const stepAhead = (estado: Estado): HTMLLIElement =>
  element(
    'li',
    { class: 'step ahead', 'data-estado': estado },
    glyph(estado),
    element('span', { class: 'step-name' }, words.estado[estado]),
  );

function formatAmbulance({ ambulancia, estado }: Dispatch, location: Location | undefined): string {
  const name = ambulancia?.placa ? `${ambulancia.id} (${ambulancia.placa})` : (ambulancia?.id ?? '');
  if (hasEnded(estado) || !location?.velocidad) return name;
  const { directions } = words;
  const way = location.rumbo === null ? '' : ` ${directions[Math.round(location.rumbo / 45) % 8]}`;
  return `${name} · ${Math.round(location.velocidad)} km/h${way}`;
}

const formatPoint = ({ latitud, longitud }: { latitud: number; longitud: number }) =>
  `${latitud.toFixed(4)}, ${longitud.toFixed(4)}`;
