/** Appends events of the record to the event log, each with what its readers may filter by. */
import type { AppendRequest, EventLog, Position } from '../stores/event-log/event-log.ts';
import { alertFiltersOf, alertTopic, readAlertEvent, type AlertEvent } from './alert/events.ts';
import { boardFiltersOf, boardTopic } from './dispatch/events.ts';

/** Of topics that are not named here there are no filters: every reader is shown every event. */
const filtersOf: Readonly<Record<string, (data: unknown) => readonly string[] | undefined>> = {
  [boardTopic.key]: boardFiltersOf,
  [alertTopic.key]: alertFiltersOf,
};

const withFilters = (request: AppendRequest): AppendRequest => {
  const { topic, event } = request;
  const read = filtersOf[topic];
  return read ? { topic, event: { ...event, passes: read(event.data) } } : request;
};

/** `onAlert`: told of each alert that was appended; of the same one again where the relay had to begin anew. */
export const createAppend =
  (eventLog: Pick<EventLog, 'append'>, onAlert: (event: AlertEvent) => void) =>
  async (requests: readonly AppendRequest[], turn: number | null): Promise<Position[]> => {
    const positions = await eventLog.append(requests.map(withFilters), turn);
    for (const { topic, event } of requests) {
      const alert = topic === alertTopic.key ? readAlertEvent(event.data) : null;
      if (alert) onAlert(alert);
    }
    return positions;
  };
