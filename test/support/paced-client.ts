/** An HTTP client that reads an answer at its own pace, or not at all. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { Facts } from './graphql-client.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** How much it takes at a time, and how often. */
export interface Pace {
  readonly bytes: number;
  readonly everyMs: number;
}

export class PacedClient {
  readonly socket: Socket;
  /** What it has read. */
  text = '';
  #ended = false;
  readonly #facts = new Facts();
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    // Without anybody who reads, the socket takes no more than its own buffer holds.
    socket.pause();
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** From now on it reads. */
  read({ bytes, everyMs }: Pace): void {
    this.#timer = setInterval(() => {
      const { readableLength } = this.socket;
      // TestClient for nothing in particular has the socket read on from the system.
      const chunk = (readableLength > bytes ? this.socket.read(bytes) : this.socket.read()) as Buffer | null;
      if (chunk === null) return;
      this.text += chunk.toString('latin1');
      this.#facts.changed();
    }, everyMs);
  }

  /** Resolves once it holds of what was read; rejects when the connection ended first. */
  async until(isThere: (text: string) => boolean): Promise<void> {
    await this.#facts.until(() => isThere(this.text) || this.#ended);
    if (!isThere(this.text)) throw new Error(`The connection ended after ${this.text.length} bytes.`);
  }

  async ended(): Promise<void> {
    await this.#facts.until(() => this.#ended);
  }

  close(): void {
    clearInterval(this.#timer);
    this.socket.destroy();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#ended = true;
    this.#facts.changed();
  }
}

/** Connected, with nothing sent. Ended after the test. */
export async function tPacedClient(url: string): Promise<PacedClient> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const client = new PacedClient(socket);
  undos.push(() => client.close());
  await once(socket, 'connect');
  return client;
}

/** Of a POST to /graphql, all there is to send. */
export function requestText(token: string, body: unknown, headers: readonly string[] = []): string {
  const content = JSON.stringify(body);
  return [
    'POST /graphql HTTP/1.1',
    'host: service',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(content)}`,
    `authorization: Bearer ${token}`,
    ...headers,
    '',
    content,
  ].join('\r\n');
}
