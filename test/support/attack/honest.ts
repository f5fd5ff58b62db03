/** How long an honest viewer waits for answers, of a server under attack and of its idle twin at the same time. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { leash } from '../leash.ts';
import type { Noted, Place } from './honest-viewer.ts';
import type { Target } from './target.ts';

const program = resolve(import.meta.dirname, 'honest-viewer.ts');
/** The first ones are those of code that never ran. */
const answersAtFirst = 40;

export interface Waits {
  readonly attacked: Noted;
  readonly twin: Noted;
}

export class HonestViewer {
  readonly #child: ChildProcess;

  constructor() {
    const [command = '', ...args] = [...leash, process.execPath, program];
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** From now on they ask these two, and those of before no more. Resolves when answers take as long as they usually do. */
  async visit(attacked: Target, twin: Target): Promise<void> {
    this.#child.send({ visit: await Promise.all([attacked, twin].map(placeOf)) });
    for (let answers = 0; answers < answersAtFirst;)
      answers += (await this.take()).attacked.latenciesMs.length;
  }

  /** What was noted since the last time, once whoever waits has got their answer. */
  async take(): Promise<Waits> {
    this.#child.send('take');
    const [[attacked, twin]] = (await once(this.#child, 'message')) as [[Noted, Noted]];
    return { attacked, twin };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function placeOf({ server }: Target): Promise<Place> {
  const token = await server.client.token({ sub: 'honest' });
  return { url: server.url, pid: server.pid, token };
}

/** What one answer in a hundred takes longer than; of few answers, what the slowest takes. */
export function p99({ latenciesMs }: Noted): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
}
