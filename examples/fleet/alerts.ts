/** Hands alerts on to something that rings: each is posted to an address until that has taken it, or until its reason is gone. */
import { setTimeout as pause } from 'node:timers/promises';
import { createLiveClient } from '../../packages/live/src/index.ts';
import { AlertRaisedDocument, type AlertCardFragment } from '../../packages/live/src/generated/operations.ts';
import type { Vehicle } from './resolvers.ts';

export interface HandOnOptions {
  /** Where this service, or a router, has its `/graphql`. */
  readonly url: string;
  readonly token: string;
  /** What is posted to: JSON, the alert with its `vehicle`. It tells by `id` what it has had before. */
  readonly to: string;
  readonly vehicles: ReadonlyMap<string, Vehicle>;
  /** Called with what is wrong; it is tried again. */
  readonly onError: (problem: string) => void;
  /** From one try to the next, milliseconds. */
  readonly againMs?: number;
}

/**
 * The stream begins with the alerts that are open, so that nothing need be remembered here: after a restart those are posted again, and
 * none is missed. Returns what ends it.
 */
export function handOnAlerts(options: HandOnOptions): () => void {
  const { url, token, onError } = options;
  const ended = new AbortController();
  /** As each alert was last shown. */
  const waiting = new Map<string, AlertCardFragment>();
  const live = createLiveClient({ url, token });
  const unsubscribe = live.subscribe(
    AlertRaisedDocument,
    { kinds: null },
    {
      next({ data: { alertRaised: alert } }) {
        const isOver = alert.clearedAt !== null || alert.acknowledgedAt !== null;
        if (isOver) waiting.delete(alert.id);
        else if (!waiting.has(alert.id)) {
          waiting.set(alert.id, alert);
          void post(alert.id);
        }
      },
      error: ({ message }) => onError(message),
    },
  );

  async function post(id: string): Promise<void> {
    for (let alert = waiting.get(id); alert && !ended.signal.aborted; alert = waiting.get(id)) {
      if (await isTaken(alert, options, ended.signal)) return;
      await pause(options.againMs ?? 5_000, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }

  return () => {
    ended.abort();
    unsubscribe();
    live.dispose();
  };
}

async function isTaken(
  alert: AlertCardFragment,
  { to, vehicles, onError }: HandOnOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const vehicle = alert.ambulanciaId === null ? null : (vehicles.get(alert.ambulanciaId) ?? null);
  try {
    const { ok, status } = await fetch(to, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...alert, vehicle }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    if (!ok) onError(`alert ${alert.id}: ${status}`);
    return ok;
  } catch (error) {
    if (!signal.aborted) onError(`alert ${alert.id}: ${String(error)}`);
    return false;
  }
}
