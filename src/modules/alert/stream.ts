/** The stream of alerts: what is open, and everything that happens to alerts from then on. */
import type { SubscriptionResolvers } from '../../generated/resolvers.ts';
import { changesSince } from '../changed-since.ts';
import { noPlace, partlySince, placeInSnapshot, placeOf, type PlaceOrNone } from '../stream-place.ts';
import { asyncIterableOf, pagesOf, type SnapshotItem } from '../../realtime/source.ts';
import type { AlertRepository } from './alert-repository.ts';
import {
  alertFilter,
  alertKinds,
  alertTopic,
  subjectOf,
  type AlertEvent,
  type AlertKind,
  type AlertState,
} from './events.ts';

/** What the fields of Alert are taken from. */
export type AlertValue = AlertState & PlaceOrNone;

export const alertOutside = (alert: AlertState): AlertValue => ({ ...alert, ...noPlace });

const snapshotItem = (alert: AlertState, since: number | null): SnapshotItem => ({
  toValue: (cursor, position): AlertValue => ({
    ...alert,
    ...placeInSnapshot(cursor, position, partlySince(since)),
  }),
  identity: { subject: subjectOf(alert), version: alert.revision },
});

/** What an append knows of a filter: one kind, or all. Of other choices nobody knows what they show. */
function filterOf(kinds: readonly AlertKind[]): string | null {
  if (kinds.length === alertKinds.length) return alertFilter(null);
  return kinds.length === 1 ? alertFilter(kinds[0]!) : null;
}

export function createAlertStream(alerts: AlertRepository): SubscriptionResolvers['alertRaised'] {
  return {
    subscribe(_root, { kinds, after }) {
      const shown = alertKinds.filter((kind) => kinds == null || kinds.includes(kind));
      const read = async (ids: readonly string[], since: number | null) => {
        const found = await alerts.find(ids);
        return ids.flatMap((id) => found.get(id) ?? []).map((alert) => snapshotItem(alert, since));
      };
      return asyncIterableOf<AlertEvent>({
        topic: alertTopic,
        after: after ?? null,
        beginsWithSnapshot: true,
        filter: filterOf(shown),
        accepts: ({ event }) => shown.includes(event.alert.kind),
        toValue: (entry, follows): AlertValue => ({ ...entry.event.alert, ...placeOf(entry, follows) }),
        showsChanges: true,
        async snapshot({ since, signal }) {
          if (since === null) return pagesOf(await alerts.openIds(shown), (ids) => read(ids, null));
          return changesSince(since, signal, {
            find: (fromMs, limit) => alerts.idsSince(fromMs, shown, limit),
            read: (ids) => read(ids, since),
          });
        },
      });
    },
  };
}
