/** An event log whose events a test can lose. */
import type { EventLog, Position } from '../../src/stores/event-log/event-log.ts';

/** After the loss it continues in another epoch, and its followers are told. */
export function losable() {
  const followers: (() => Promise<void>)[] = [];
  let epoch: string | undefined;
  let losses = 0;
  const renamed = (position: Position): Position => ({ ...position, epoch: epoch ?? position.epoch });
  const wrap = (log: EventLog): EventLog => ({
    beginTurns: () => log.beginTurns(),
    findMissing: (appended) => log.findMissing(appended),
    append: async (requests) => (await log.append(requests)).map(renamed),
    position: async (topic) => renamed(await log.position(topic)),
    standing: async (topic, value) => {
      const { position, ...rest } = await log.standing(topic, value);
      return { position: renamed(position), ...rest };
    },
    async read(topic, after, limit) {
      const position = await log.position(topic);
      if (after.epoch !== renamed(position).epoch) return { kind: 'lost', position: renamed(position) };
      return log.read(topic, { ...after, epoch: position.epoch }, limit);
    },
    async follow(topic, follower) {
      const following = await log.follow(topic, follower);
      const began = () => following.began + losses;
      followers.push(async () => follower.onLost(renamed(await log.position(topic)), began()));
      return {
        position: renamed(following.position),
        began: began(),
        keep: () => following.keep(),
        close: () => following.close(),
      };
    },
    close: () => log.close(),
  });
  const lose = async () => {
    losses += 1;
    epoch = `anew-${losses}`;
    await Promise.all(followers.map((tell) => tell()));
  };
  return { wrap, lose };
}
