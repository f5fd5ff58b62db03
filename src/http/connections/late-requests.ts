/** Reads what has come of a request that is late before it is answered with 408. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Time for reading what waits, milliseconds. */
const graceMs = 1_000;
/** How often more is waited for where something has come meanwhile: a process that has fallen behind reads in pieces. */
const maxLooks = 3;

type Answer = (error: Error, socket: Socket) => void;

/** What of a request is looked at. */
type Arrived = Pick<IncomingMessage, 'complete'>;

/** A request to upgrade has come in full with its headers. It is not kept itself: its socket lives for days. */
const upgrading: Arrived = { complete: true };

/**
 * After a pause of the process every time-out is over before anything was read: also that of requests which have come in full, and a
 * browser's EventSource takes 408 for the end. Whoever is late by themselves is so a moment later, too, with nothing of theirs
 * waiting here: a process that has fallen behind may have read a request, and not looked at it yet.
 */
export class LateRequests {
  /** The last request of each connection. */
  readonly #arrived = new WeakMap<Socket, Arrived>();

  /** To be called with each request that upgrades its connection, once its headers have come. */
  noteUpgrade({ socket }: Pick<IncomingMessage, 'socket'>): void {
    this.#arrived.set(socket, upgrading);
  }

  /** Stands between the server and whoever answers errors of its clients by now. `isBehind`: whether something that has come waits. */
  watch(server: Server, isBehind: (socket: Socket) => boolean): void {
    server.prependListener('request', (request: IncomingMessage) =>
      this.#arrived.set(request.socket, request),
    );
    const answers = server.listeners('clientError') as Answer[];
    server.removeAllListeners('clientError');
    server.on('clientError', (error: Error & { readonly code?: string }, socket: Socket) => {
      const answer = () => answers.forEach((one) => one.call(server, error, socket));
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') this.#answerLater(socket, isBehind, answer);
      else answer();
    });
  }

  #answerLater(socket: Socket, isBehind: (socket: Socket) => boolean, answer: () => void): void {
    const before = this.#arrived.get(socket);
    const wasComplete = before?.complete;
    let read = socket.bytesRead;
    const look = (looksLeft: number) => {
      const request = this.#arrived.get(socket);
      const isHere = request?.complete && (request !== before || !wasComplete);
      if (isHere || socket.destroyed) return;
      if (isBehind(socket)) return lookLater(looksLeft);
      if (looksLeft === 0 || socket.bytesRead === read) return answer();
      read = socket.bytesRead;
      lookLater(looksLeft - 1);
    };
    // After a timer what has come is read first: this process may have stood still again.
    const lookLater = (looksLeft: number) =>
      void setTimeout(() => setImmediate(look, looksLeft), graceMs).unref();
    lookLater(maxLooks);
  }
}
