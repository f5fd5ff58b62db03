/** The link of Apollo Client, 3 and 4: every operation goes over the live client, with its tokens and its patience. */
import { ApolloLink, Observable } from '@apollo/client/core';
import { getOperationAST, type DocumentNode } from 'graphql';
import type { LiveClient } from '../live-client.ts';
import type { Variables } from '../core/operation.ts';
import { LiveError } from '../core/problems.ts';

type Data = Record<string, unknown>;

interface Observer {
  next(result: object): void;
  error(error: unknown): void;
  complete(): void;
}

export function createLiveLink(live: LiveClient): ApolloLink {
  return new ApolloLink(
    ({ query, variables }) =>
      new Observable((observer: Observer) => forward(live, query, variables, observer)),
  );
}

function forward(live: LiveClient, query: DocumentNode, variables: Variables, observer: Observer) {
  const failed = (error: unknown) => {
    if (!(error instanceof LiveError) || error.errors.length === 0) return observer.error(error);
    observer.next({ data: null, errors: error.errors });
    observer.complete();
  };
  if (getOperationAST(query)?.operation === 'subscription')
    return live.subscribe<Data, Variables>(query, variables, {
      next: (result) => observer.next(result),
      error: failed,
      complete: () => observer.complete(),
    });
  let isLeft = false;
  live.request<Data, Variables>(query, variables).then(
    (data) => {
      if (isLeft) return;
      observer.next({ data });
      observer.complete();
    },
    (error: unknown) => {
      if (!isLeft) failed(error);
    },
  );
  return () => void (isLeft = true);
}
