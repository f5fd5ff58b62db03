/** Sends messages to callback addresses, one POST each, and says what the answer means. */
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { GraphQLFormattedError } from 'graphql';
import { Burst } from '../../lib/burst.ts';
import type { Clock } from '../../lib/clock.ts';
import { FairTurns } from '../../lib/turns/fair-turns.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Frame } from '../../realtime/frame.ts';
import type { CallbackRequest } from './request.ts';

export type CallbackAction = 'check' | 'next' | 'complete';

/**
 * What became of a message. `taken`: the router has it. `gone`: the router no longer knows the subscription. `refused`: this message is
 * never taken, by the router or by what stands before it (it is too long, it is to go elsewhere), which says nothing of the
 * subscription. `failed`: a later attempt may succeed.
 */
export type CallbackOutcome = 'taken' | 'gone' | 'refused' | 'failed';

export interface CallbackClientOptions {
  /** Time for one request, from its beginning to the end of its answer, milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** One message. */
export interface CallbackMessage {
  readonly action: CallbackAction;
  /** What is added to it: the name and the JSON of a payload or of errors. */
  readonly field?: { readonly name: 'payload' | 'errors'; readonly json: Buffer };
  /** Whether the address took the message before this one. */
  readonly isProven: boolean;
  /** Time for it, when it is less than for others, milliseconds. */
  readonly timeoutMs?: number;
  /** Asked when it is its turn: false where somebody else may be sending by now. */
  readonly mayGo?: () => boolean;
}

type MessageBody = Pick<CallbackMessage, 'action' | 'field'>;

/** The errors with which a stream ends. */
export const lastMessage = (errors: readonly GraphQLFormattedError[]): MessageBody => ({
  action: 'complete',
  field: { name: 'errors', json: Buffer.from(JSON.stringify(errors)) },
});

/** A result. */
export const messageOf = ({ payload }: Frame): MessageBody => ({
  action: 'next',
  field: { name: 'payload', json: payload },
});

export const callbackProtocol = { 'subscription-protocol': 'callback/1.0' };
/**
 * Messages to one origin that are under way at a time; what is due beyond them waits. An address that hangs holds its place
 * until the message has timed out. So those that did not take the message before, or none yet, have places of their own,
 * and of either kind one viewer has a few.
 */
const turnsOfProven = { maxAtOnce: 256, maxPerOwner: 16 };
const turnsOfOthers = { maxAtOnce: 256, maxPerOwner: 8 };
const idleSocketMs = 30_000;
/** Answers have nothing in them that is used. A longer one is broken off. */
const maxAnswerBytes = 64 * 1024;
/** Statuses of 4xx after which another attempt may succeed. */
const passingStatuses = new Set([408, 425, 429]);
/** With which routers say that they do not know a subscription, or its verifier. */
const goneStatuses = new Set([400, 401, 403, 404, 410]);
/** Those of them that come when a client has left. */
const leftStatuses = new Set([404, 410]);

export class CallbackClient {
  readonly #options: CallbackClientOptions;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: idleSocketMs }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: idleSocketMs }),
  };
  /** By origin, of which as many as are configured may be called back. */
  readonly #turns = new Map<string, { readonly proven: FairTurns; readonly others: FairTurns }>();
  readonly #refusals: Burst;

  constructor(options: CallbackClientOptions) {
    this.#options = options;
    this.#refusals = new Burst(options.clock);
  }

  /** Sends a message, once, when it is its viewer's turn. Never rejects. */
  async send(callback: CallbackRequest, message: CallbackMessage): Promise<CallbackOutcome> {
    const { metrics, log } = this.#options;
    const { url, id, viewerId } = callback;
    const { action, isProven, timeoutMs = Infinity } = message;
    // It counts from here on: a message that has waited for too long is as late as one that was under way.
    const signal = AbortSignal.timeout(Math.min(timeoutMs, this.#options.timeoutMs));
    let outcome: CallbackOutcome;
    try {
      const turns = this.#turnsOf(url.origin)[isProven ? 'proven' : 'others'];
      const status = await turns.run(viewerId, signal, async () => {
        if (message.mayGo?.() === false) throw new Error('Another process may have it by now.');
        return this.#post(url, bodyOf(callback, message), signal);
      });
      outcome = outcomeOf(status);
      this.#report(status, outcome, callback, action);
    } catch (error) {
      outcome = 'failed';
      log.debug({ action, subscription: id, err: error }, 'a callback failed');
    }
    metrics.callbackMessages.inc({ action, outcome });
    return outcome;
  }

  /** Ends all connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Nobody has to look after what passes by itself, or after a client that has left. */
  #report(
    status: number,
    outcome: CallbackOutcome,
    { id, url }: CallbackRequest,
    action: CallbackAction,
  ): void {
    const { log } = this.#options;
    if (outcome === 'taken') return;
    log.debug({ action, subscription: id, status }, 'a callback was not taken');
    const isExpected = outcome === 'failed' || leftStatuses.has(status);
    const first = isExpected ? undefined : this.#refusals.note();
    if (first)
      log.warn(
        { ...first, action, origin: url.origin, status },
        'a callback address refuses what it is sent, which ends the subscription',
      );
  }

  #turnsOf(origin: string) {
    let turns = this.#turns.get(origin);
    if (!turns) {
      turns = { proven: new FairTurns(turnsOfProven), others: new FairTurns(turnsOfOthers) };
      this.#turns.set(origin, turns);
    }
    return turns;
  }

  /**
   * Resolves with the status when the answer was read, rejects when there was none in time. An answer that is not finished by then counts:
   * its status says what became of the message, and a router that has taken it is not sent it again.
   */
  #post(url: URL, body: Buffer, signal: AbortSignal): Promise<number> {
    const isSecure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      // Unlike fetch, it never follows a redirect, which could lead anywhere.
      const request = (isSecure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent: this.#agents[isSecure ? 'https:' : 'http:'],
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          ...callbackProtocol,
        },
      });
      const onError = (error: Error) => {
        // The end of a connection that was kept has crossed this message: that says nothing of the address.
        if (request.reusedSocket && !signal.aborted) resolve(this.#post(url, body, signal));
        else reject(error);
      };
      request.once('error', onError);
      request.once('response', (response) => {
        discard(response);
        // One that breaks off is closed, too.
        for (const one of [request.off('error', onError), response]) one.on('error', () => {});
        response.once('close', () => resolve(response.statusCode!));
      });
      request.end(body);
    });
  }
}

function bodyOf({ id, verifier }: CallbackRequest, { action, field }: CallbackMessage): Buffer {
  const envelope = JSON.stringify({ kind: 'subscription', action, id, verifier });
  if (!field) return Buffer.from(envelope);
  const head = Buffer.from(`${envelope.slice(0, -1)},"${field.name}":`);
  return Buffer.concat([head, field.json, Buffer.from('}')]);
}

/** Reads an answer to its end, so that the connection can be used again. */
function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) response.destroy();
  });
}

function outcomeOf(status: number): CallbackOutcome {
  if (status >= 200 && status < 300) return 'taken';
  if (status >= 500 || passingStatuses.has(status)) return 'failed';
  return goneStatuses.has(status) ? 'gone' : 'refused';
}
