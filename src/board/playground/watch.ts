/** A subscription of the playground, over a connection of its own, which comes back by itself for a while. */
import { createClient } from 'graphql-ws';
import type { Answer, FetcherOptions, Request } from './fetcher.ts';

/** What GraphiQL follows. */
export interface Watched {
  subscribe(observer: { next(answer: Answer): void; complete(): void }): { unsubscribe(): void };
}

const attempts = 3;

export function watch(
  { query, operationName, variables }: Request,
  headers: Record<string, string>,
  { endpoint, inWords }: FetcherOptions,
): Watched {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return {
    subscribe({ next, complete }) {
      const client = createClient({
        url: url.href,
        connectionParams: headers,
        retryAttempts: attempts,
        // Browsers say of a connection that cannot be made nothing but that there was an error.
        shouldRetry: () => true,
      });
      const unsubscribe = client.subscribe(
        { query, operationName: operationName ?? null, variables: variables ?? null },
        {
          next: (answer) => next(answer as Answer),
          complete,
          error: (problem) => {
            next(
              Array.isArray(problem)
                ? { errors: problem as Answer['errors'] & object }
                : inWords(why(problem, url)),
            );
            complete();
          },
        },
      );
      return {
        unsubscribe: () => {
          unsubscribe();
          void client.dispose();
        },
      };
    },
  };
}

/** In words: what the client hands on is an event of the browser, which says nothing when it is printed. */
function why(problem: unknown, { href }: URL): string {
  if (problem instanceof CloseEvent && problem.code !== 1006) {
    const hint = problem.code === 4401 || problem.code === 4403 ? ' Enter a good token above.' : '';
    return `The service has closed the connection: ${problem.reason || 'no reason given'} (${problem.code}).${hint}`;
  }
  if (problem instanceof Error) return problem.message;
  return `No connection to ${href} in ${attempts + 1} attempts: is the service running?`;
}
