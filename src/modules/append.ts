/** Appends events of the record to the event log, each with what its readers may filter by. */
import type { AppendRequest, EventLog, Position } from '../stores/event-log/event-log.ts';
import { boardFiltersOf, boardTopic } from './dispatch/events.ts';

/** For topics other than the board's there are no filters: every reader is shown every event. */
const withFilters = (request: AppendRequest): AppendRequest => {
  const { topic, event } = request;
  return topic === boardTopic.key
    ? { topic, event: { ...event, passes: boardFiltersOf(event.data) } }
    : request;
};

export const createAppend =
  (eventLog: Pick<EventLog, 'append'>) =>
  (requests: readonly AppendRequest[], turn: number | null): Promise<Position[]> =>
    eventLog.append(requests.map(withFilters), turn);
