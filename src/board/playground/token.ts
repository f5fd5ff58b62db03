/** The token that is asked with: what somebody has entered for this tab, else what the service gives its page. */
const key = 'playground-token';

export function tokenOf(given: string | null): string | null {
  return sessionStorage.getItem(key) ?? given;
}

/** With another token the page begins anew, since a schema that was refused has to be asked for again. Tabs are kept. */
export function listenToToken(given: string | null): void {
  const form = document.querySelector<HTMLFormElement>('#token')!;
  const input = form.querySelector('input')!;
  const entered = sessionStorage.getItem(key);
  input.placeholder = entered !== null ? 'empty: forget mine' : 'npm run -s token';
  form.querySelector('output')!.textContent =
    entered !== null ? 'yours, as long as this tab lives' : given !== null ? 'that of this page' : 'none yet';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim().replace(/^bearer\s+/i, '');
    if (token === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
    location.reload();
  });
}
