/** A button for what cannot be undone: the first press asks, the second one does it. */
import { element, setAttributes, setText } from '../dom.ts';
import { words } from '../words/words.ts';

/** Whoever does not confirm within this time did not mean it. */
const armedMs = 6_000;

export function confirmButton(
  label: string,
  attributes: Readonly<Record<string, string>>,
  onConfirm: () => void,
): HTMLButtonElement {
  const button = element('button', { type: 'button', ...attributes }, label);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (isArmed: boolean) => {
    clearTimeout(timer);
    timer = isArmed ? setTimeout(() => arm(false), armedMs) : undefined;
    setAttributes(button, { 'data-armed': isArmed });
    setText(button, isArmed ? words.confirm(label) : label);
  };
  button.addEventListener('click', () => {
    const isArmed = timer !== undefined;
    arm(!isArmed);
    if (isArmed) onConfirm();
  });
  button.addEventListener('blur', () => arm(false));
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || timer === undefined) return;
    // It lets go of the question, not of the dispatch.
    event.stopPropagation();
    arm(false);
  });
  return button;
}
