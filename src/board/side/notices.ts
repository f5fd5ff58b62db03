/** Says what came of what the viewer did, with a way to take it back where there is one. */
import { element, part } from '../dom.ts';
import { words } from '../words/words.ts';

const shownMs = 8_000;
const most = 3;

export class Notices {
  readonly #root = part('notices', HTMLElement);

  /** `onUndo`: what takes it back. A fault stays until it is closed. */
  show(text: string, { onUndo, isFault = false }: { onUndo?: () => void; isFault?: boolean } = {}): void {
    const notice = element('div', { class: 'notice', 'data-fault': isFault }, element('span', {}, text));
    const close = () => notice.remove();
    if (onUndo) {
      const undo = element('button', { type: 'button' }, words.page.undo);
      undo.addEventListener('click', () => {
        close();
        onUndo();
      });
      notice.append(undo);
    }
    const closing = element(
      'button',
      { type: 'button', class: 'close', 'aria-label': words.page.close },
      '×',
    );
    closing.addEventListener('click', close);
    notice.append(closing);
    this.#root.append(notice);
    while (this.#root.childElementCount > most) this.#root.firstElementChild?.remove();
    if (!isFault) setTimeout(close, shownMs);
  }
}
