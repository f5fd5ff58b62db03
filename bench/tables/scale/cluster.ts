/** So many processes of this service on one Redis and one PostgreSQL: each has clients of its own, one process publishes to all. */
import { resolve } from 'node:path';
import type { AgentCommands } from '../../agent.ts';
import { Child } from '../../child.ts';
import type { GeneratorCommands } from '../../load/generator.ts';
import type { Opening } from '../../load/load.ts';
import { findFreePort, isListening } from '../../ports.ts';
import type { PublisherCommands } from '../../publisher.ts';
import type { Cores } from '../../stage.ts';
import type { ServerOptions } from '../../subjects/options.ts';
import { createTokens, environment, mainFile, ownRoot, readNodeFlags, seed } from '../../subjects/ours.ts';
import { publishingFileOf } from '../../subjects.ts';

export interface ClusterOptions {
  readonly processes: number;
  readonly cores: Cores;
  readonly redisUrl: string;
  /** A database that nobody has used. */
  readonly databaseUrl: string;
  /** The number of dispatches that must exist. */
  readonly dispatches: number;
  /** Of all processes together, at the most. */
  readonly sockets: number;
}

/** A process of the service, and its clients. */
export interface Member {
  readonly server: Child<AgentCommands>;
  readonly generator: Child<GeneratorCommands>;
  readonly port: number;
}

const bench = resolve(import.meta.dirname, '../..');

export class Cluster implements AsyncDisposable {
  readonly members: readonly Member[];
  readonly publisher: Child<PublisherCommands>;
  #tokens: readonly string[] = [];

  private constructor({ cores, redisUrl, databaseUrl }: ClusterOptions, ports: readonly number[]) {
    this.members = ports.map((port) => ({
      port,
      server: new Child({
        program: `${ownRoot}/${mainFile}`,
        nodeFlags: [...readNodeFlags(ownRoot), '--expose-gc', '--import', resolve(bench, 'agent.ts')],
        env: environmentOf({ port, redisUrl }, databaseUrl),
        cwd: bench,
        core: cores.server,
      }),
      generator: new Child({ program: resolve(bench, 'load/generator.ts'), core: cores.others }),
    }));
    this.publisher = new Child({
      program: resolve(bench, 'publisher.ts'),
      args: ['changes', redisUrl, publishingFileOf(ownRoot)],
      core: cores.others,
    });
  }

  /** Resolves when all processes answer and the dispatches exist. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const ports: number[] = [];
    while (ports.length < options.processes) ports.push(await findFreePort());
    const cluster = new Cluster(options, ports);
    try {
      await cluster.#begin(options);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Clients of the process of this number, as other viewers than those of all other processes. */
  opening(member: number, sockets: number): Opening {
    const viewers = Math.floor(this.#tokens.length / this.members.length);
    const tokens = this.#tokens.slice(member * viewers, (member + 1) * viewers);
    return { port: this.members[member]!.port, protocol: 'graphql', sockets, tokens };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [
      ...this.members.flatMap(({ server, generator }) => [server, generator]),
      this.publisher,
    ];
    await Promise.all(children.map((child) => child.stop()));
  }

  async #begin({ redisUrl, dispatches, sockets }: ClusterOptions): Promise<void> {
    for (const { server, port } of this.members) {
      await isListening(port, () => server.hasEnded);
      if (server.hasEnded) throw new Error(`A process did not start:\n${server.printed}`);
    }
    const options = { port: this.members[0]!.port, redisUrl };
    // Any process may get all of the sockets.
    this.#tokens = await createTokens(options, sockets * this.members.length);
    await seed(options, this.#tokens[0]!, dispatches);
  }
}

/** Several processes share a record, which a database in memory cannot be. */
function environmentOf(options: ServerOptions, databaseUrl: string): Record<string, string> {
  const { DATA_DIR: _, ...shared } = environment(options);
  return { ...shared, DATABASE_URL: databaseUrl };
}
