/** What comes over a socket, in pieces: each is read in its turn, so that nobody's frames keep all others waiting. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Turns } from '../../lib/turns.ts';

/**
 * Of the shortest frames that are answered, a few hundred: two milliseconds. Node reads 64 KB at a time, of each socket, and
 * goes on while more comes; ws looks through all of it at once.
 */
const pieceBytes = 2 * 1024;

type Receive = (this: Socket, bytes: Buffer) => void;

/**
 * Stands between a socket and ws. While pieces wait nothing more is read of the socket, so that what waits is bounded by what
 * Node has read at once. Their order stays.
 */
export class Inbox {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #turns: Turns;
  readonly #keyOf: () => string;
  readonly #receive: Receive;
  #waiting: Buffer[] = [];
  #isPassing = false;
  #isOver = false;

  /** To be made when ws has begun to listen. `keyOf`: whose turns they are. */
  constructor(webSocket: WebSocket, socket: Socket, turns: Turns, keyOf: () => string) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#turns = turns;
    this.#keyOf = keyOf;
    this.#receive = takeListener(socket);
    const stop = () => this.#stop();
    // What comes after a frame that is none is not for ws any more.
    webSocket.once('error', stop);
    socket.once('close', stop).on('data', (bytes: Buffer) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#waiting.push(bytes);
    if (this.#isPassing) return;
    this.#isPassing = true;
    this.#pass();
  }

  /** Passes on what waits: all at once while the turn has time, else the rest later. */
  #pass(): void {
    for (;;) {
      const piece = this.#next();
      if (!piece) break;
      const passed = this.#turns.run(this.#keyOf(), () => this.#passOne(piece));
      if (!(passed instanceof Promise)) continue;
      this.#webSocket.pause();
      // What ws throws is thrown where nobody waited as well: it is nothing that a client can bring about.
      void passed.finally(() => this.#pass());
      return;
    }
    this.#isPassing = false;
    if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  #passOne(piece: Buffer): void {
    // Meanwhile the socket may have closed.
    if (!this.#isOver) this.#receive.call(this.#socket, piece);
  }

  #next(): Buffer | undefined {
    const [first] = this.#waiting;
    if (!first || first.length <= pieceBytes) return this.#waiting.shift();
    this.#waiting[0] = first.subarray(pieceBytes);
    return first.subarray(0, pieceBytes);
  }

  #stop(): void {
    this.#isOver = true;
    this.#waiting = [];
    // Else its end would never be read.
    this.#socket.resume();
  }
}

/** ws reads its socket in flowing mode: its listener is called by nobody else from now on. */
function takeListener(socket: Socket): Receive {
  const listener = socket.listeners('data').at(-1) as Receive | undefined;
  if (!listener) throw new Error('ws does not listen for data.');
  socket.off('data', listener);
  return listener;
}
