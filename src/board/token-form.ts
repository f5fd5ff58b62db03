/** Owns the asking for a token, where the service gives none away. */
import { part } from './dom.ts';

/** Resolves when the viewer has given one. It is kept by the page alone, and goes with it. */
export function askForToken(): Promise<() => Promise<string>> {
  const dialog = part('token-dialog', HTMLDialogElement);
  const input = part('token', HTMLInputElement);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    part('token-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const token = input.value.trim();
      if (token === '') return;
      dialog.close();
      resolve(() => Promise.resolve(token));
    });
  });
}
