/** What comes over a connection, in pieces: each is read in its turn, so that nobody's bytes keep all others waiting. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Turns } from '../../lib/turns/turns.ts';
import { addressKey, canonicalAddress } from './address.ts';

/**
 * Of the shortest messages that are answered, a hundred or two: a millisecond. Node reads 64 KB at a time, of each connection,
 * and goes on while more comes; its parser, and that of ws, look through all of it at once.
 */
const pieceBytes = 1_024;
/**
 * What reading may take of a turn. Most of the work is what is done about it afterwards, and an answer takes several turns: all that is
 * begun meanwhile waits, and is what V8 copies whenever it collects what is young.
 */
const maxReadMs = 1;
type Receive = (this: Socket, bytes: Buffer) => void;

/** Whose bytes they are. */
export interface Sender {
  /** Senders with the same name have their turns together. */
  readonly owner: string;
  /** Nothing more is read of the connection until `resumeReading`. */
  pauseReading(): void;
  resumeReading(): void;
}

/**
 * Stands between a connection and whoever listens to it when this is made. While pieces wait nothing more is read of the
 * connection, so that what waits is bounded by what Node has read at once. Their order stays.
 *
 * There is one for each connection: it holds no more than it needs.
 */
export class Inbox {
  readonly #socket: Socket;
  readonly #sender: Sender;
  readonly #turns: Turns;
  readonly #receive: Receive;
  #waiting: Buffer[] = [];
  #isPassing = false;
  #isPaused = false;
  #isOver = false;

  constructor(socket: Socket, sender: Sender, turns: Turns) {
    this.#socket = socket;
    this.#sender = sender;
    this.#turns = turns;
    this.#receive = takeListener(socket);
    socket.on('data', this.#take);
  }

  /** Whether something that has come waits for its turn. */
  get isBehind(): boolean {
    return this.#isPassing;
  }

  /** From now on nothing is passed on. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    // Else its end would never be read.
    this.#socket.resume();
  }

  /** Leaves the connection to somebody else, who reads next what waits here. */
  release(): void {
    this.#isOver = true;
    this.#socket.off('data', this.#take);
    const rest = Buffer.concat(this.#waiting.splice(0));
    if (rest.length > 0) this.#socket.unshift(rest);
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#isOver) return;
    if (!this.#isPassing) {
      this.#waiting.push(bytes);
      this.#pass();
      return;
    }
    // Node reads on whenever somebody asks for a body. Back in the stream it counts there, and stops the reading.
    this.#pause();
    this.#socket.unshift(bytes);
  };

  /** Passes on what waits: all at once while the turn has time, else the rest later. */
  #pass(): void {
    this.#isPassing = true;
    for (let piece = this.#next(); piece; piece = this.#next()) {
      const next = piece;
      const passed = this.#turns.run(this.#sender.owner, () => this.#passOne(next));
      if (!(passed instanceof Promise)) continue;
      this.#pause();
      // What is thrown here is thrown where nobody waited as well: it is nothing that a client can bring about.
      void passed.finally(() => this.#pass());
      return;
    }
    this.#isPassing = false;
    if (this.#isPaused && !this.#isOver) this.#sender.resumeReading();
    this.#isPaused = false;
  }

  #pause(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#sender.pauseReading();
  }

  #passOne(piece: Buffer): void {
    // Meanwhile the connection may have closed.
    if (!this.#isOver && !this.#socket.destroyed) this.#receive.call(this.#socket, piece);
  }

  #next(): Buffer | undefined {
    const [first] = this.#waiting;
    if (!first || first.length <= pieceBytes) return this.#waiting.shift();
    this.#waiting[0] = first.subarray(pieceBytes);
    return first.subarray(0, pieceBytes);
  }
}

/** The turns of connections that are read in pieces. */
export const createReadTurns = (): Turns => new Turns(() => performance.now(), maxReadMs);

/** Whoever listens: nobody else calls them from now on. */
function takeListener(socket: Socket): Receive {
  const listener = socket.listeners('data').at(-1) as Receive | undefined;
  if (!listener) throw new Error('Nobody listens for data.');
  socket.off('data', listener);
  return listener;
}

/**
 * Has all requests of a server read in pieces. What is upgraded is released. See `addressKey` for the number. Returns whether
 * something that has come over a connection waits for its turn.
 */
export function readInPieces(server: Server, clientPrefixLength: number): (socket: Socket) => boolean {
  const turns = createReadTurns();
  const inboxes = new WeakMap<object, Inbox>();
  server.on('connection', (socket: Socket) => {
    inboxes.set(socket, new Inbox(socket, new Requester(socket, clientPrefixLength), turns));
  });
  server.prependListener('upgrade', ({ socket }) => {
    inboxes.get(socket)?.release();
    inboxes.delete(socket);
  });
  return (socket) => inboxes.get(socket)?.isBehind ?? false;
}

class Requester implements Sender {
  readonly owner: string;
  readonly #socket: Socket;

  constructor(socket: Socket, clientPrefixLength: number) {
    this.owner = addressKey(canonicalAddress(socket.remoteAddress ?? ''), clientPrefixLength);
    this.#socket = socket;
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    // Node itself has paused it while answers wait, and resumes it when they are read.
    if (!(this.#socket as { readonly _paused?: boolean })._paused) this.#socket.resume();
  }
}
