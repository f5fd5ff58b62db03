/** What an app with urql imports: the exchange, which is the last one. */
import { subscriptionExchange, type Exchange } from '@urql/core';
import type { Operation, Variables } from './core/operation.ts';
import { LiveError } from './core/problems.ts';
import { dispatchesIn } from './dispatches/seen-dispatches.ts';
import type { LiveClient } from './live-client.ts';

type Data = Record<string, unknown>;
type Requests = Pick<LiveClient, 'subscribe' | 'request'>;

/** Of one that is older than an event each time, the last one is taken: events come faster than answers. */
const maxAttempts = 3;

/** All operations go over the live client, with its tokens and its patience. */
export function liveExchange(live: Requests): Exchange {
  const answers = new NewestAnswers(live);
  return subscriptionExchange({
    enableAllOperations: true,
    forwardSubscription({ query = '', variables }, { kind }) {
      const values = (variables ?? {}) as Variables;
      return {
        subscribe(sink) {
          const failed = (error: unknown) => {
            if (!(error instanceof LiveError) || error.errors.length === 0) return sink.error(error);
            sink.next({ data: null, errors: error.errors });
            sink.complete();
          };
          if (kind === 'subscription')
            return {
              unsubscribe: live.subscribe<Data, Variables>(query, values, {
                next: (result) => {
                  answers.see(result.data);
                  sink.next(result);
                },
                error: failed,
                complete: () => sink.complete(),
              }),
            };
          const asked = kind === 'query' ? answers.ask(query, values) : answers.change(query, values);
          asked.then((data) => {
            sink.next({ data });
            sink.complete();
          }, failed);
          return { unsubscribe: () => undefined };
        },
      };
    },
  });
}

/**
 * What was on its way for long does not take the place of what an event has shown since, whatever cache stands before the exchange: it
 * is asked for again.
 */
class NewestAnswers {
  readonly #live: Requests;
  /** Of each query that waits for its answer, the versions of dispatches that came meanwhile. */
  readonly #waiting = new Set<Map<string, number>>();

  constructor(live: Requests) {
    this.#live = live;
  }

  see(data: Data): void {
    if (this.#waiting.size === 0) return;
    for (const { object, version } of dispatchesIn(data))
      for (const versions of this.#waiting)
        versions.set(object.id, Math.max(version, versions.get(object.id) ?? 0));
  }

  async change(mutation: Operation<Data, Variables>, variables: Variables): Promise<Data> {
    const data = await this.#live.request(mutation, variables);
    this.see(data);
    return data;
  }

  async ask(query: Operation<Data, Variables>, variables: Variables): Promise<Data> {
    for (let attempt = 1; ; attempt += 1) {
      const versions = new Map<string, number>();
      this.#waiting.add(versions);
      try {
        const data = await this.#live.request(query, variables);
        const isOld = dispatchesIn(data).some(
          ({ object, version }) => version < (versions.get(object.id) ?? 0),
        );
        if (!isOld || attempt === maxAttempts) return data;
      } finally {
        this.#waiting.delete(versions);
      }
    }
  }
}
