/** Makes the feed of areas, which hears of what happens to dispatches from the board's topic. */
import { boardTopic } from './dispatch/events.ts';
import { isFollowEvent } from './dispatch/followed.ts';
import { AreaFeed, type AreaFeedOptions, type StatusChange } from './location/areas/area-feed.ts';

const statusChanges = {
  topic: boardTopic.key,
  read(data: unknown): StatusChange | null {
    const event = boardTopic.kind.parse(data);
    if (isFollowEvent(event)) return null;
    const { id: despachoId, estado, version } = event.dispatch;
    return { despachoId, estado, version, timestamp: event.timestamp };
  },
};

export const createAreaFeed = (options: Omit<AreaFeedOptions, 'statusChanges'>): AreaFeed =>
  new AreaFeed({ ...options, statusChanges });
