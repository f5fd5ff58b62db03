/** A real Redis Cluster for a test: three masters on free ports, killed, restarted and removed. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { start } from './redis.ts';
import { until } from './until.ts';

const slotCount = 16_384;
const masterCount = 3;

export interface TestClusterNode {
  /** A connection of the test's own. */
  readonly client: Redis;
  readonly pid: number;
  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again with its data, and waits until the cluster is whole again. */
  restart(): Promise<void>;
}

export interface TestRedisCluster extends AsyncDisposable {
  /** All nodes, comma-separated. */
  readonly url: string;
  readonly nodes: readonly TestClusterNode[];
  /** The node that holds the keys with this name. */
  nodeOf(key: string): Promise<TestClusterNode>;
  /** See `TestRedis.age`. */
  age(prefix: string, ms: number): Promise<void>;
}

/** Starts three masters without replicas, whose every write is on disk before it is answered. */
export async function tRedisCluster(): Promise<TestRedisCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
  const places = [];
  for (let index = 0; index < masterCount; index++) {
    places.push({ index, port: await freePort(), busPort: await freePort() });
  }
  const nodes = await Promise.all(places.map((place) => startNode(folder, place)));
  const isWhole = async () => {
    const infos = await Promise.all(nodes.map(({ client }) => client.cluster('INFO')));
    return infos.every((info) => /cluster_state:ok[^]*cluster_known_nodes:3/.test(String(info)));
  };
  const untilWhole = () => until('the cluster is whole', isWhole, 20_000);

  const share = Math.ceil(slotCount / masterCount);
  for (const [index, { client }] of nodes.entries()) {
    const last = Math.min((index + 1) * share, slotCount) - 1;
    await client.cluster('ADDSLOTSRANGE', index * share, last);
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const { port, busPort } of places.slice(1)) {
    await nodes[0]!.client.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  await untilWhole();

  return {
    url: places.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
    nodes: nodes.map((node) => ({
      client: node.client,
      get pid() {
        return node.pid;
      },
      kill: () => node.kill(),
      async restart() {
        await node.restart();
        await untilWhole();
      },
    })),
    async nodeOf(key) {
      const slot = Number(await nodes[0]!.client.cluster('KEYSLOT', key));
      return nodes[Math.floor(slot / share)]!;
    },
    async age(prefix, ms) {
      for (const { client } of nodes) {
        for (const key of await client.keys(`${prefix}*`)) {
          const left = await client.pttl(key);
          if (left >= 0) await client.pexpire(key, left - ms);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { client, kill } of nodes) {
        client.disconnect();
        await kill();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(folder: string, place: { index: number; port: number; busPort: number }) {
  const { index, port, busPort } = place;
  const ownFolder = join(folder, String(index));
  mkdirSync(ownFolder);
  const run = () =>
    start(ownFolder, port, true, {
      'cluster-enabled': 'yes',
      'cluster-port': String(busPort),
      'cluster-node-timeout': '1000',
      'cluster-require-full-coverage': 'no',
    });
  let child: ChildProcess = await run();
  const client = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
    connectionName: 'test',
    disconnectTimeout: 100,
  });
  // While the node is away its commands wait: there is nothing to report.
  client.on('error', () => {});
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    client,
    kill,
    get pid() {
      return child.pid!;
    },
    async restart() {
      await kill();
      child = await run();
    },
  };
}
