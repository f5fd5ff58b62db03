/** Starts a child process of the bench, pinned to a core, and sends it commands. The child ends with the bench. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Command, Commands } from './answering.ts';

export interface ChildOptions {
  readonly program: string;
  /** What runs the program. Default this Node. */
  readonly runtime?: string;
  readonly args?: readonly string[];
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether it takes commands, and exits by itself when the bench does. Default true. */
  readonly hasChannel?: boolean;
  /** The only core it may run on; null for any. */
  readonly core: number | null;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** `C` is the type of the commands that the child answers. */
export class Child<C extends Commands> {
  readonly #process: ChildProcess;
  readonly #program: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #printed = '';
  #number = 0;

  constructor({
    program,
    runtime = process.execPath,
    args = [],
    nodeFlags = [],
    env = {},
    cwd,
    hasChannel = true,
    core,
  }: ChildOptions) {
    const pin = core === null ? [] : ['taskset', '-c', String(core)];
    const [command, ...rest] = [...pin, runtime, ...nodeFlags, program, ...args];
    this.#program = program;
    this.#process = spawn(command!, rest, {
      env: { PATH: process.env['PATH'], ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
    });
    if (!hasChannel) this.#endWithParent();
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#printed = (this.#printed + chunk.toString()).slice(-4_000);
      });
    this.#process.on('message', (answer: Answer) => this.#onAnswer(answer));
    this.#process.on('error', (error) => this.#fail(error));
    this.#ended = once(this.#process, 'exit').then(([code, signal]) =>
      this.#fail(new Error(`${program} ended (${code ?? signal}):\n${this.#printed}`)),
    );
    this.#ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The end of what it printed, at most 4,000 characters. */
  get printed(): string {
    return this.#printed;
  }

  /** Rejects with the error that the child answered, or when the child exits before it answers. */
  ask<K extends keyof C & string>(name: K, input: Parameters<C[K]>[0]): Promise<Awaited<ReturnType<C[K]>>> {
    if (this.hasEnded) return Promise.reject(new Error(`${this.#program} has ended:\n${this.#printed}`));
    this.#number += 1;
    const command: Command = { number: this.#number, name, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(command.number, { resolve: resolve, reject });
      this.#process.send(command, (error) => error && this.#fail(error));
    });
  }

  /** Kills it. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #endWithParent(): void {
    const kill = () => this.#process.kill('SIGKILL');
    process.once('exit', kill);
    this.#process.once('exit', () => process.removeListener('exit', kill));
  }

  #onAnswer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
