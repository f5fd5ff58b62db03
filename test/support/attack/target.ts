/** A real server process to be attacked, configured as in production, with a probe inside. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, ServerProcess } from '../server-process.ts';
import type { Measured, Question } from './probe.ts';

const probe = resolve(import.meta.dirname, 'probe.ts');
const mebibyte = 1024 * 1024;

const imageFlags = ['--max-semi-space-size=16', '--min-semi-space-size=16', '--heap-growing-percent=100'];
/** As the image starts it; of a pod's 768 MiB, which V8 is not told of here, it would take half for old objects. */
const nodeFlags = [...imageFlags, '--max-old-space-size=384', '--import', probe];

export interface Condition {
  readonly longestTurnMs: number;
  /** The most that was resident since the last `reset`. */
  readonly peakMiB: number;
}

export class Target {
  readonly server: ServerProcess;
  readonly #folder: string;
  #questions = 0;

  private constructor(server: ServerProcess, folder: string) {
    this.server = server;
    this.#folder = folder;
  }

  static async start(
    env: Readonly<Record<string, string>> = {},
    fill: (folder: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<Target> {
    const folder = await mkdtemp(join(tmpdir(), 'attacked-'));
    await fill(folder);
    const settings = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      DATA_DIR: folder,
      JWT_SECRET: randomBytes(48).toString('base64'),
      ...env,
    };
    const server = new ServerProcess(await freePort(), settings, { nodeFlags, hasChannel: true });
    try {
      await server.start();
      return new Target(server, folder);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** From now on turns and memory are measured anew. */
  async reset(): Promise<void> {
    await this.#ask('reset');
    // proc(5): 5 resets the peak of resident memory.
    writeFileSync(`/proc/${this.server.pid}/clear_refs`, '5');
  }

  async measure(): Promise<Condition> {
    const { longestTurnMs } = await this.#ask('measure');
    return { longestTurnMs, peakMiB: this.#peakMiB() };
  }

  /** What JavaScript holds when all garbage is gone, bytes. */
  async measureHeld(): Promise<number> {
    return (await this.#ask('collect')).heldBytes;
  }

  async kill(): Promise<void> {
    await this.server.kill('SIGKILL');
    await rm(this.#folder, { recursive: true });
  }

  #peakMiB(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, 'utf8');
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024) / mebibyte;
  }

  /** Rejects where it ends before it answers. */
  async #ask(question: Question): Promise<Measured> {
    const { child } = this.server;
    const number = (this.#questions += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Measured>();
    const onMessage = (message: unknown) => {
      const measured = message as Measured;
      if (measured.number === number) resolve(measured);
    };
    const onDisconnect = () => reject(new Error('The server ended while it was measured.'));
    child.on('message', onMessage).once('disconnect', onDisconnect);
    try {
      child.send({ number, question }, (error) => error && reject(error));
      return await promise;
    } finally {
      child.off('message', onMessage).off('disconnect', onDisconnect);
    }
  }
}
