/** What subscriptions by callback count against: those of their viewer over all transports, of their viewer by callback, and of the origin called back. */
import type { Viewer } from '../../auth/viewer.ts';
import { JointQuota, QuotaByKey, type Quota } from '../../operations/quota.ts';
import type { TransportContext } from '../transport.ts';

export class CallbackQuotas {
  readonly #tracker: TransportContext['tracker'];
  readonly #perViewer: QuotaByKey;
  readonly #perOrigin: QuotaByKey;

  constructor({ config, clock, tracker }: Pick<TransportContext, 'config' | 'clock' | 'tracker'>) {
    const { maxPerViewer, maxPerOrigin } = config.callbacks;
    this.#tracker = tracker;
    this.#perViewer = new QuotaByKey(
      maxPerViewer,
      `A viewer may have ${maxPerViewer} subscriptions by callback.`,
      clock,
    );
    this.#perOrigin = new QuotaByKey(
      maxPerOrigin,
      `To one origin there may be ${maxPerOrigin} subscriptions by callback.`,
      clock,
    );
  }

  of(viewer: Viewer, { origin }: URL): Quota {
    const all = this.#tracker.subscriptionsOf(viewer);
    return new JointQuota([all, this.#perViewer.of(viewer.id), this.#perOrigin.of(origin)]);
  }

  /** The same for one that another process had: it counts, and is never refused. */
  ofOpen(viewer: Viewer, { origin }: URL): Quota {
    const all = this.#tracker.openSubscriptionsOf(viewer);
    return new JointQuota([all, this.#perViewer.ofOpen(viewer.id), this.#perOrigin.ofOpen(origin)]);
  }
}
