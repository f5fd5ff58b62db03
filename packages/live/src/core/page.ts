/** What a page tells of its sleep and of its network. Outside of browsers there is nothing to tell. */

type Listen = (type: string, listener: () => void) => void;

interface Page {
  readonly addEventListener?: Listen;
  readonly removeEventListener?: Listen;
  readonly document?: {
    readonly visibilityState: string;
    readonly addEventListener: Listen;
    readonly removeEventListener: Listen;
  };
  readonly requestAnimationFrame?: (callback: () => void) => number;
}

const page = globalThis as Page;

export const isHidden = (): boolean => page.document?.visibilityState === 'hidden';

/** Calls the listener when the page is looked at again, or the network is back. Returns what ends that. */
export function onWake(listener: () => void): () => void {
  const shown = () => {
    if (!isHidden()) listener();
  };
  page.addEventListener?.('online', listener);
  page.document?.addEventListener('visibilitychange', shown);
  return () => {
    page.removeEventListener?.('online', listener);
    page.document?.removeEventListener('visibilitychange', shown);
  };
}

/** Calls back before the page is drawn next; soon, where nobody draws or looks. */
export function beforeDrawing(callback: () => void): void {
  if (page.requestAnimationFrame && !isHidden()) page.requestAnimationFrame(callback);
  else setTimeout(callback, 16);
}
