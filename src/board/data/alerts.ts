/** Keeps the alerts whose reason lasts, from the stream that begins with them. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { acknowledgeMutation, alertsSubscription, type Alert } from '../live/watch-operations.ts';
import { whyNot } from '../live/why.ts';
import { prioridades } from './dispatch.ts';

export interface AlertsOptions {
  readonly live: LiveClient;
  readonly onChange: () => void;
  /** Called for each that has just been raised and that nobody has seen; not for those with which the stream begins. */
  readonly onRaised: (alert: Alert) => void;
  readonly onRefused: (why: string) => void;
}

const againMs = 5_000;

export class Alerts {
  readonly #options: AlertsOptions;
  readonly #byDispatch = new Map<string, ReadonlyMap<string, Alert>>();
  #unseen: readonly Alert[] | null = null;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** Those that nobody has said to have seen: the most urgent first, and of these the oldest. */
  get unseen(): readonly Alert[] {
    this.#unseen ??= [...this.#byDispatch.values()]
      .flatMap((alerts) => [...alerts.values()])
      .filter(({ acknowledgedAt }) => acknowledgedAt === null)
      .sort((a, b) => weight(a) - weight(b) || (a.raisedAt < b.raisedAt ? -1 : 1));
    return this.#unseen;
  }

  /** Those of a dispatch, whether somebody has seen them or not. */
  of(despachoId: string): readonly Alert[] {
    return [...(this.#byDispatch.get(despachoId)?.values() ?? [])];
  }

  start(): void {
    const { live, onRaised, onChange } = this.#options;
    live.subscribe(
      alertsSubscription,
      {},
      {
        next: ({ data: { alertRaised } }) => {
          const { follows, recovered, ...alert } = alertRaised;
          const isNew = !this.#knows(alert) && alert.acknowledgedAt === null;
          this.#put(alert);
          if (isNew && (follows !== null || recovered !== null)) onRaised(alert);
          onChange();
        },
        // It may have been away for too long; a token that may not see alerts is asked for none again.
        error: ({ code }) => {
          this.#byDispatch.clear();
          this.#unseen = null;
          onChange();
          if (code !== 'FORBIDDEN' && live.state.kind !== 'stopped') setTimeout(() => this.start(), againMs);
        },
      },
    );
  }

  /** Says for all who watch that somebody has seen it. */
  async acknowledge(id: string): Promise<void> {
    const { live, onChange, onRefused } = this.#options;
    try {
      const { acknowledgeAlert } = await live.request(acknowledgeMutation, { id });
      if (acknowledgeAlert) this.#put(acknowledgeAlert);
      onChange();
    } catch (error) {
      onRefused(whyNot(error));
    }
  }

  #knows({ id, despachoId }: Alert): boolean {
    return this.#byDispatch.get(despachoId)?.has(id) ?? false;
  }

  #put(alert: Alert): void {
    const { id, despachoId, clearedAt } = alert;
    const alerts = new Map(this.#byDispatch.get(despachoId));
    if (clearedAt === null) alerts.set(id, alert);
    else alerts.delete(id);
    if (alerts.size > 0) this.#byDispatch.set(despachoId, alerts);
    else this.#byDispatch.delete(despachoId);
    this.#unseen = null;
  }
}

const weight = ({ prioridad }: Alert): number => prioridades.indexOf(prioridad);
