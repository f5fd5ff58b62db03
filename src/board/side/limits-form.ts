/** Lets the viewer set the times after which a dispatch is overdue. */
import { element, part } from '../dom.ts';
import {
  limitNames,
  parseLimits,
  readLimits,
  writeLimits,
  type LimitName,
  type Limits,
} from '../state/limits.ts';
import { words } from '../words/words.ts';

const nameOf = (name: LimitName) => (name === 'CRITICA' ? words.page.limitCritical : words.estado[name]);

export class LimitsForm {
  readonly #dialog = part('limits-dialog', HTMLDialogElement);
  readonly #inputs: ReadonlyMap<LimitName, HTMLInputElement>;
  #limits = readLimits();

  constructor(onChange: () => void) {
    const fields = limitNames.map((name) => {
      const input = element('input', {
        type: 'number',
        name,
        min: 0.5,
        max: 1440,
        step: 0.5,
        required: true,
      });
      return { name, input, label: element('label', {}, nameOf(name), input) };
    });
    this.#inputs = new Map(fields.map(({ name, input }) => [name, input]));
    part('limits-fields', HTMLElement).append(...fields.map(({ label }) => label));
    part('limits', HTMLButtonElement).addEventListener('click', () => this.#open());
    part('limits-back', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    part('limits-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#save();
      onChange();
    });
  }

  get limits(): Limits {
    return this.#limits;
  }

  #open(): void {
    for (const [name, input] of this.#inputs) input.value = String(this.#limits[name]);
    this.#dialog.showModal();
  }

  #save(): void {
    const given = [...this.#inputs].map(([name, { value }]) => [name, Number(value)] as const);
    this.#limits = parseLimits(JSON.stringify(Object.fromEntries(given)));
    writeLimits(this.#limits);
    this.#dialog.close();
  }
}
