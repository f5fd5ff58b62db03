/** Frames made by chance, for a WebSocket: messages of the protocol in an order that nobody keeps to, others, and bytes. */
import { pick, type Random } from '../../../src/cli/replay/random.ts';
import type { RequestMaker } from './documents.ts';
import { oddValues } from './shreds.ts';

/** A message as text or as binary data, or bytes that are put on the connection below. */
export type RandomFrame =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly data: Buffer }
  | { readonly kind: 'bytes'; readonly data: Buffer };

const ids = ['1', '2', '3', '__proto__', 'constructor', '', 'ñ漢👾', '\0', 'x'.repeat(400)] as const;
const types: readonly [unknown, ...unknown[]] = [
  ...(['subscribe', 'subscribe', 'complete', 'ping', 'pong', 'connection_init', 'connection_ack'] as const),
  ...['next', 'error', 'start', 'stop', '__proto__', '', null, 1, {}],
];
const texts: readonly [string, ...string[]] = [
  ...(['', '{', 'null', '[]', '1', '"ping"', '{"type":"ping"', '\0', 'ñ'] as const),
  ...['{"type":"ping"}{"type":"ping"}', '{"__proto__":{"type":"ping"}}'],
  ...['['.repeat(20_000), `{"type":"ping","payload":${'['.repeat(9_000)}`],
];

export class FrameMaker {
  readonly #random: Random;
  readonly #requests: RequestMaker;

  constructor(random: Random, requests: RequestMaker) {
    this.#random = random;
    this.#requests = requests;
  }

  make(): RandomFrame {
    const share = this.#random();
    if (share < 0.6) return this.#text({ id: this.#id(), payload: this.#request(), type: 'subscribe' });
    if (share < 0.8) return this.#text({ type: 'complete', id: pick(this.#random, ids) });
    if (share < 0.94)
      return this.#text({ type: pick(this.#random, ['ping', 'pong']), payload: { at: share } });
    // Most of what follows ends the socket.
    if (share < 0.96)
      return this.#text({ id: this.#id(), payload: this.#request(), type: pick(this.#random, types) });
    if (share < 0.98) return { kind: 'text', text: pick(this.#random, texts) };
    const data = Buffer.from(Array.from({ length: 1 + Math.floor(share * 40) }, () => this.#random() * 256));
    return { kind: share < 0.99 ? 'binary' : 'bytes', data };
  }

  /** The first message of somebody who is not known yet. */
  opening(): RandomFrame {
    if (this.#random() < 0.3) return this.make();
    const value = pick(this.#random, oddValues);
    const payload = pick<unknown>(this.#random, [
      value,
      { authorization: value },
      { token: value },
      { authorization: `Bearer ${JSON.stringify(value)}`, token: value },
    ]);
    return this.#text({ type: 'connection_init', payload });
  }

  /** In use already, now and then. */
  #id(): string {
    return this.#random() < 0.1 ? pick(this.#random, ids) : `some ${this.#random()}`;
  }

  #request() {
    return this.#random() < 0.5 ? this.#requests.valid('subscription') : this.#requests.any();
  }

  #text(message: object): RandomFrame {
    return { kind: 'text', text: JSON.stringify(message) };
  }
}
