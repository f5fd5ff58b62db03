/** Asks the viewer for a token when the service gives the board none. */
import { part } from './dom.ts';

/** Resolves when the viewer has entered a token. It is kept in memory only, until the page is closed. */
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
