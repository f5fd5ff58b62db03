/** How a workload comes to a stage: a Redis that is empty, and the processes of one contestant. */
import type { Contestant } from './contestants.ts';
import type { Machine } from './machine.ts';
import type { RedisServer } from './redis-server.ts';
import { Stage } from './stage.ts';
import type { Run } from './workloads/workload.ts';

export interface RunOptions {
  readonly contestant: Contestant;
  readonly machine: Machine;
  readonly redis: RedisServer;
  /** Shrinks everything, 0 to 1. */
  readonly scale: number;
  /** Where CPU profiles of the server go; null for none. */
  readonly profile: string | null;
}

export function createRun({ contestant, machine, redis, scale, profile }: RunOptions): Run {
  return {
    scale,
    async on(needs, play) {
      await redis.empty();
      const stage = await Stage.set({
        ...needs,
        contestant,
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
