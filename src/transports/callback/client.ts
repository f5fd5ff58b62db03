/** Sends messages to callback addresses, one POST each, and says what the answer means. */
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { CallbackRequest } from './request.ts';

export type CallbackAction = 'check' | 'next' | 'complete';

/**
 * What became of a message. `taken`: the router has it. `gone`: the router no longer knows the subscription, or will never
 * take it. `failed`: a later attempt may succeed.
 */
export type CallbackOutcome = 'taken' | 'gone' | 'failed';

export interface CallbackClientOptions {
  /** Time for one request, from its beginning to the end of its answer, milliseconds. */
  readonly timeoutMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export const callbackProtocol = { 'subscription-protocol': 'callback/1.0' };
/** Connections to one origin. Further messages wait. */
const maxSockets = 64;
const idleSocketMs = 30_000;
/** Answers have nothing in them that is used. A longer one is broken off. */
const maxAnswerBytes = 64 * 1024;
/** Statuses of 4xx after which another attempt may succeed. */
const passingStatuses = new Set([408, 425, 429]);

export class CallbackClient {
  readonly #options: CallbackClientOptions;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets, timeout: idleSocketMs }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets, timeout: idleSocketMs }),
  };

  constructor(options: CallbackClientOptions) {
    this.#options = options;
  }

  /** Sends one message, once. `field` is added to it: the name and the JSON of a payload or of errors. Never rejects. */
  async send(
    callback: CallbackRequest,
    action: CallbackAction,
    field?: { readonly name: 'payload' | 'errors'; readonly json: Buffer },
    timeoutMs = this.#options.timeoutMs,
  ): Promise<CallbackOutcome> {
    const { metrics, log } = this.#options;
    const { url, id, verifier } = callback;
    const envelope = JSON.stringify({ kind: 'subscription', action, id, verifier });
    const body = field
      ? Buffer.concat([
          Buffer.from(`${envelope.slice(0, -1)},"${field.name}":`),
          field.json,
          Buffer.from('}'),
        ])
      : Buffer.from(envelope);
    let outcome: CallbackOutcome;
    try {
      const status = await this.#post(url, body, Math.min(timeoutMs, this.#options.timeoutMs));
      outcome = outcomeOf(status);
      if (outcome !== 'taken') log.debug({ action, subscription: id, status }, 'a callback was not taken');
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

  /** Resolves with the status when the answer was read, rejects when there was none in time. */
  #post(url: URL, body: Buffer, timeoutMs: number): Promise<number> {
    const isSecure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      // Unlike fetch, it never follows a redirect, which could lead anywhere.
      const request = (isSecure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent: this.#agents[isSecure ? 'https:' : 'http:'],
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          ...callbackProtocol,
        },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        discard(response);
        response.once('error', reject);
        response.once('close', () => resolve(response.statusCode!));
      });
      request.end(body);
    });
  }
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
  return status >= 500 || passingStatuses.has(status) ? 'failed' : 'gone';
}
