/** Runs a command on a terminal, as a person does who types it: the program `script` makes one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { afterEach } from '@jest/globals';
import { Facts } from './graphql-client.ts';

const program = '/usr/bin/script';
export const hasTerminals = existsSync(program);

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(undos.splice(0).map((undo) => undo()));
});

export interface TerminalOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export class Terminal {
  readonly #facts = new Facts();
  readonly #child;
  #text = '';
  #exitCode: number | undefined;

  constructor(command: readonly string[], { cwd, env = {} }: TerminalOptions) {
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    this.#child = spawn(
      program,
      ['--quiet', '--flush', '--return', '--command', `exec ${quoted}`, '/dev/null'],
      {
        ...(cwd !== undefined && { cwd }),
        env: { PATH: process.env['PATH'], TERM: 'xterm', SHELL: '/bin/sh', ...env },
        // It says there that it was ended.
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
      this.#facts.changed();
    });
    this.#child.once('close', (code) => {
      this.#exitCode = code ?? -1;
      this.#facts.changed();
    });
    undos.push(async () => {
      // It tells its child with the end of the terminal.
      this.#child.kill('SIGTERM');
      await this.over();
    });
  }

  /** All that it has shown, without colours and movements. */
  get shown(): string {
    return stripVTControlCharacters(this.#text).replaceAll('\r\n', '\n');
  }

  /** Types. */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  pressCtrlC(): void {
    this.type('\u0003');
  }

  /** Resolves when the words are on the screen; rejects when the command ends without them. */
  async shows(words: string): Promise<void> {
    const isThere = () => this.shown.includes(words) || this.#exitCode !== undefined;
    await this.#facts.until(isThere, () => this.shown);
    if (!this.shown.includes(words)) throw new Error(`It has ended, and shows: ${this.shown}`);
  }

  /** Resolves with the exit code. */
  async over(): Promise<number> {
    await this.#facts.until(
      () => this.#exitCode !== undefined,
      () => this.shown,
    );
    return this.#exitCode!;
  }
}

/** It is ended after the test. */
export const tTerminal = (command: readonly string[], options: TerminalOptions = {}): Terminal =>
  new Terminal(command, options);
