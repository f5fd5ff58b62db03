/** Asks the viewer for a token: where the service gives the board none, where one is not good, or where they want another. */
import { part, setAttributes, setText } from '../dom.ts';
import { storedToken } from '../live/stored-token.ts';

/** `mustEnter`: there is nothing to go back to. */
export function askForToken({ why = '', mustEnter }: { why?: string; mustEnter: boolean }): void {
  const dialog = part('token-dialog', HTMLDialogElement);
  setText(part('token-problem', HTMLElement), why);
  setAttributes(part('token-back', HTMLButtonElement), { hidden: mustEnter });
  setAttributes(part('token-forget', HTMLButtonElement), { hidden: storedToken.read() === null });
  dialog.dataset['must'] = String(mustEnter);
  if (!dialog.open) dialog.showModal();
}

/**
 * With another token the page begins anew: all that it shows was shown to the viewer of the one before. The view is kept, since the
 * address says it.
 */
export function listenToTokenForm(): void {
  const dialog = part('token-dialog', HTMLDialogElement);
  const input = part('token', HTMLInputElement);
  dialog.addEventListener('cancel', (event) => {
    if (dialog.dataset['must'] === 'true') event.preventDefault();
  });
  part('token-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (token === '') return;
    storedToken.write(token);
    location.reload();
  });
  part('token-back', HTMLButtonElement).addEventListener('click', () => dialog.close());
  part('token-forget', HTMLButtonElement).addEventListener('click', () => {
    storedToken.forget();
    location.reload();
  });
  part('token-open', HTMLButtonElement).addEventListener('click', () => askForToken({ mustEnter: false }));
}
