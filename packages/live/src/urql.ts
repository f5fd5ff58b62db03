/** What an app with urql imports: the exchange, which is the last one. */
import { subscriptionExchange, type Exchange } from '@urql/core';
import type { LiveClient } from './live-client.ts';
import type { Variables } from './core/operation.ts';
import { LiveError } from './core/problems.ts';

type Data = Record<string, unknown>;

/** All operations go over the live client, with its tokens and its patience. */
export function liveExchange(live: LiveClient): Exchange {
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
                next: (result) => sink.next(result),
                error: failed,
                complete: () => sink.complete(),
              }),
            };
          live.request<Data, Variables>(query, values).then((data) => {
            sink.next({ data });
            sink.complete();
          }, failed);
          return { unsubscribe: () => undefined };
        },
      };
    },
  });
}
