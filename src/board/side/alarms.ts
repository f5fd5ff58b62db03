/** Makes a new critical dispatch seen, and that and new alerts heard, where the viewer wants that. */
import { element, part, setAttributes } from '../dom.ts';
import type { Dispatch } from '../data/dispatch.ts';
import { words } from '../words/words.ts';

const key = 'board-sound';
const most = 3;
/** Two tones, which are heard through talk, Hz. */
const tones = [880, 660] as const;
const toneS = 0.18;

export class Alarms {
  readonly #root = part('alarms', HTMLElement);
  readonly #button = part('sound', HTMLButtonElement);
  readonly #onShow: (id: string) => void;
  #audio: AudioContext | undefined;
  #isOn = localStorage.getItem(key) === 'on';
  #soundedAtMs = -Infinity;
  #alerts = 0;

  constructor(onShow: (id: string) => void) {
    this.#onShow = onShow;
    this.#button.addEventListener('click', () => {
      this.#isOn = !this.#isOn;
      localStorage.setItem(key, this.#isOn ? 'on' : 'off');
      this.#render();
      // The viewer hears at once what they have switched on. A browser lets a page sound only after a click anyway.
      if (this.#isOn) this.#sound();
    });
    this.#render();
  }

  /** How many alerts nobody has seen. */
  count(alerts: number): void {
    if (alerts === this.#alerts) return;
    this.#alerts = alerts;
    this.#title();
  }

  ring({ id, origen }: Dispatch): void {
    const text = words.critical(id, origen.direccion ?? words.noAddress);
    const show = element('button', { type: 'button' }, words.page.show);
    const close = element('button', { type: 'button', class: 'close', 'aria-label': words.page.close }, '×');
    const alarm = element(
      'div',
      { class: 'alarm', 'data-alarm': id },
      element('span', {}, text),
      show,
      close,
    );
    show.addEventListener('click', () => {
      this.end(id);
      this.#onShow(id);
    });
    close.addEventListener('click', () => this.end(id));
    this.#root.append(alarm);
    while (this.#root.childElementCount > most) this.#root.firstElementChild?.remove();
    this.#title();
    if (this.#isOn) this.#sound();
  }

  /** For what is shown elsewhere, where the viewer wants it. Of many at once one is heard. */
  sound(): void {
    const isHeard = performance.now() - this.#soundedAtMs < tones.length * toneS * 1_000;
    if (this.#isOn && !isHeard) this.#sound();
  }

  /** Somebody serves it, or it was seen. */
  end(id: string): void {
    for (const alarm of this.#root.querySelectorAll<HTMLElement>('[data-alarm]'))
      if (alarm.dataset['alarm'] === id) alarm.remove();
    this.#title();
  }

  #title(): void {
    const count = this.#root.childElementCount + this.#alerts;
    document.title = count > 0 ? `(${count}) ${words.page.title}` : words.page.title;
  }

  #render(): void {
    setAttributes(this.#button, { 'aria-pressed': String(this.#isOn) });
  }

  #sound(): void {
    this.#soundedAtMs = performance.now();
    this.#audio ??= new AudioContext();
    const { destination, currentTime } = this.#audio;
    for (const [index, frequency] of tones.entries()) {
      const tone = new OscillatorNode(this.#audio, { frequency });
      tone.connect(new GainNode(this.#audio, { gain: 0.2 })).connect(destination);
      tone.start(currentTime + index * toneS);
      tone.stop(currentTime + (index + 1) * toneS);
    }
    // For tests: what is heard cannot be seen.
    this.#root.dataset['sounded'] = String(Number(this.#root.dataset['sounded'] ?? 0) + 1);
  }
}
