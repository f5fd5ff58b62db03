/** Shows the selected dispatch: its facts, and its timeline with the past and the coming statuses. */
import {
  estadosAhead,
  estadoWords,
  hasEnded,
  incidenteWords,
  prioridadWords,
  type Dispatch,
  type Estado,
  type Location,
} from './dispatch.ts';
import { element, part, setAttributes, setText } from './dom.ts';
import { glyph } from './glyph.ts';
import type { Step } from './operations.ts';
import { formatSpan, formatTime } from './times.ts';

const directions = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const;

export class DetailView {
  readonly #root = part('detail', HTMLElement);
  readonly #title = part('detail-title', HTMLElement);
  readonly #facts = part('detail-facts', HTMLElement);
  readonly #steps = part('timeline', HTMLElement);
  #shownSteps = '';
  #shownFacts = '';

  constructor(onClose: () => void) {
    part('detail-close', HTMLButtonElement).addEventListener('click', onClose);
  }

  render(dispatch: Dispatch | undefined, steps: readonly Step[], location: Location | undefined): void {
    setAttributes(this.#root, { 'data-open': dispatch !== undefined });
    if (!dispatch) return;
    setText(
      this.#title,
      dispatch.ambulancia ? `${dispatch.ambulancia.id} · #${dispatch.id}` : `#${dispatch.id}`,
    );
    this.#renderFacts(dispatch, location);
    this.#renderSteps(dispatch.estado, steps);
  }

  #renderFacts(dispatch: Dispatch, location: Location | undefined): void {
    const { origen, destino, prioridad, incidente, observaciones, ambulancia } = dispatch;
    const facts: [string, string][] = [
      ['Incident', `${incidenteWords[incidente]} · ${prioridadWords[prioridad]}`],
      ['From', origen.direccion ?? formatPoint(origen)],
      ['To', destino ? (destino.direccion ?? formatPoint(destino)) : '–'],
      ['Ambulance', ambulancia ? formatAmbulance(dispatch, location) : 'none yet'],
      ['Note', observaciones ?? '–'],
    ];
    const key = JSON.stringify(facts);
    if (key === this.#shownFacts) return;
    this.#shownFacts = key;
    this.#facts.replaceChildren(
      ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', { title: value }, value)]),
    );
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

function pastStep(step: Step, before: Step | undefined): HTMLLIElement {
  const { estado, ambulancia } = step.dispatch;
  const spanMs = before && Date.parse(step.timestamp) - Date.parse(before.timestamp);
  const isSame = before?.dispatch.estado === estado;
  return element(
    'li',
    { class: 'step', 'data-estado': estado, 'data-version': step.dispatch.version },
    glyph(estado),
    element(
      'span',
      { class: 'step-name', lang: 'es' },
      isSame && ambulancia ? `${estadoWords[estado]} · ${ambulancia.id}` : estadoWords[estado],
    ),
    element('time', { datetime: step.timestamp }, formatTime(step.timestamp)),
    element('span', { class: 'step-span' }, spanMs === undefined ? '' : `+${formatSpan(spanMs)}`),
  );
}

const stepAhead = (estado: Estado): HTMLLIElement =>
  element(
    'li',
    { class: 'step ahead', 'data-estado': estado },
    glyph(estado),
    element('span', { class: 'step-name', lang: 'es' }, estadoWords[estado]),
  );

function formatAmbulance({ ambulancia, estado }: Dispatch, location: Location | undefined): string {
  const name = ambulancia?.placa ? `${ambulancia.id} (${ambulancia.placa})` : (ambulancia?.id ?? '');
  if (hasEnded(estado) || !location?.velocidad) return name;
  const way = location.rumbo === null ? '' : ` ${directions[Math.round(location.rumbo / 45) % 8]}`;
  return `${name} · ${Math.round(location.velocidad)} km/h${way}`;
}

const formatPoint = ({ latitud, longitud }: { latitud: number; longitud: number }) =>
  `${latitud.toFixed(4)}, ${longitud.toFixed(4)}`;
