/** Sends one input made by chance, waits for what comes of it, and has it judged. */
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../../../src/cli/replay/random.ts';
import type { Attacker } from '../attack/attacker.ts';
import type { BareSocket } from '../graphql-client.ts';
import type { RandomRequest } from './documents.ts';
import type { RandomFrame } from './frames.ts';
import type { RandomMessage } from './http-messages.ts';
import type { Verdict } from './verdict.ts';

/** More than it takes for an operation to be compiled. */
const runs = 10;
const longestSearch = 4_000;
/** Frames that are sent without looking whether the socket is still there. */
const framesInABurst = 3;

export interface SentRequest {
  readonly request: RandomRequest;
  readonly token: string;
  readonly random: Random;
}

/** By POST, by GET, in part, or to have events sent. */
export async function sendRequest(
  attacker: Attacker,
  verdict: Verdict,
  { request, token, random }: SentRequest,
): Promise<void> {
  const way = random();
  if (way < 0.15 && request.query.includes('subscription')) {
    verdict.noteOutcome(await attacker.opensStream(request, { token }), request);
  } else if (way < 0.2) {
    const whole = JSON.stringify(request);
    const part = whole.slice(0, Math.floor(random() * whole.length));
    verdict.noteAnswer(await attacker.post(part, { token }), part);
  } else if (way < 0.25 && request.query.length < longestSearch) {
    const variables = JSON.stringify(request.variables) ?? '';
    const search = new URLSearchParams({ query: request.query, variables });
    verdict.noteAnswer(await attacker.get(search, { token }), request);
  } else verdict.noteAnswer(await attacker.post(request, { token }), request);
}

/** The first answer is interpreted, and the last one compiled where it can be: they must not differ. */
export async function compare(
  attacker: Attacker,
  verdict: Verdict,
  request: RandomRequest,
  token: string,
): Promise<void> {
  const answers = new Set<string>();
  for (let run = 1; run <= runs; run += 1) {
    const answer = await attacker.post(request, { token });
    verdict.noteAnswer(answer, request);
    answers.add(JSON.stringify(answer.json));
  }
  if (answers.size > 1) verdict.offend(`answered ${[...answers].join(', and once compiled ')}`, request);
}

export interface SentFrames {
  readonly frames: readonly RandomFrame[];
  /** Null for a socket on which nothing was said yet. */
  readonly token: string | null;
  readonly random: Random;
}

/** In bursts. Those that are left when a socket has ended go to another one. */
export async function sendFrames(
  attacker: Attacker,
  verdict: Verdict,
  { frames, token, random }: SentFrames,
): Promise<void> {
  let [left, shown] = [frames, token];
  while (left.length > 0) {
    const socket = shown === null ? await attacker.openSocket() : await attacker.socket(shown);
    let outcome = 'pong';
    while (left.length > 0 && outcome === 'pong') {
      const burst = left.slice(0, 1 + Math.floor(random() * framesInABurst));
      left = left.slice(burst.length);
      for (const frame of burst) sendFrame(socket, frame);
      outcome = await attacker.isServed(socket);
    }
    verdict.noteSocket(outcome, socket.messages, frames);
    attacker.leave(socket);
    await socket.closed();
    shown = token ?? (await attacker.token());
  }
}

function sendFrame({ socket }: BareSocket, frame: RandomFrame): void {
  if (socket.readyState !== socket.OPEN) return;
  if (frame.kind === 'text') socket.send(frame.text);
  else if (frame.kind === 'binary') socket.send(frame.data);
  else (socket as unknown as { readonly _socket: NodeJS.WritableStream })._socket.write(frame.data);
}

/** On a connection of its own. A stream is left once it has begun, and every other answer read to its end. */
export async function sendMessage(
  { url, signal }: Attacker,
  verdict: Verdict,
  { bytes, isLeft }: RandomMessage,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname });
  // Given to the socket, the signal would keep its listener: a hundred thousand of them take longer than all messages.
  const leave = () => socket.destroy();
  signal.addEventListener('abort', leave);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  // The server may have gone before all was sent: it has answered first.
  socket
    .on('error', () => {})
    .once('close', () => {
      signal.removeEventListener('abort', leave);
      resolve();
    });
  socket.write(bytes);
  if (isLeft) {
    await nextTurn();
    socket.destroy();
    return closed;
  }
  const hasNoBody = bytes.toString('latin1', 0, 5) === 'HEAD ';
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text = (text + chunk).replace(/^HTTP\/1\.1 1\d\d [^]*?\r\n\r\n/, '');
    if (isOver(text, hasNoBody)) socket.destroy();
  });
  await closed;
  verdict.noteText(text, bytes.toString('latin1'));
}

/** Whether a whole answer is there, or the beginning of a stream. */
function isOver(text: string, hasNoBody: boolean): boolean {
  const head = /^HTTP\/1\.1 [^]*?\r\n\r\n/.exec(text)?.[0].toLowerCase();
  if (head === undefined) return false;
  if (hasNoBody || head.includes('content-type: text/event-stream')) return true;
  const length = /^content-length: (\d+)/m.exec(head)?.[1];
  if (length !== undefined) return text.length - head.length >= Number(length);
  return /^HTTP\/1\.1 (204|304)/.test(text) || text.endsWith('0\r\n\r\n');
}
