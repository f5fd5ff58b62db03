/** Gives a workload what it runs on: an empty Redis, and the processes of one subject. */
import type { Subject } from './subjects.ts';
import type { Machine } from './machine.ts';
import type { RedisServer } from './redis-server.ts';
import { Stage } from './stage.ts';
import type { Run } from './workloads/workload.ts';

export interface RunOptions {
  readonly subject: Subject;
  readonly machine: Machine;
  readonly redis: RedisServer;
  /** The share of the sockets, topics and rates, above 0, at most 1. */
  readonly scale: number;
  /** How long a workload goes on that is about time. Default 120. */
  readonly seconds?: number;
  /** The folder for CPU profiles of the server; null for none. */
  readonly profile: string | null;
}

export const defaultSeconds = 120;

export function createRun({
  subject,
  machine,
  redis,
  scale,
  seconds = defaultSeconds,
  profile,
}: RunOptions): Run {
  return {
    scale,
    seconds,
    async on(needs, play) {
      await redis.empty();
      const stage = await Stage.set({
        ...needs,
        subject,
        redisUrl: redis.url,
        cores: machine.cores,
        profileFolder: profile,
      });
      try {
        return await play(stage);
      } finally {
        await stage.clear();
      }
    },
  };
}
