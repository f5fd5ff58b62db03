/** Sends operations over the socket: queries with one answer, and subscriptions that resume where they stopped. */
import type { Client, FormattedExecutionResult } from 'graphql-ws';
import { words } from '../words/words.ts';

export type Variables = Record<string, unknown>;
type Result<T> = FormattedExecutionResult<T>;

/** The service refused the operation, or ended the stream. */
export class Refused extends Error {
  /** `extensions.code`; null where the connection or the stream has just ended. */
  readonly code: string | null;

  constructor(message: string, code: string | null = null, options?: ErrorOptions) {
    super((code !== null && words.codes[code]) || message, options);
    this.code = code;
  }
}

/** Resolves with the data. If the connection is lost meanwhile, the client sends the query again. @throws Refused */
export function ask<T>(client: Client, query: string, variables: Variables): Promise<T> {
  return new Promise((resolve, reject) => {
    client.subscribe<T>(
      { query, variables },
      {
        // A mutation that is refused answers with null beside the error.
        next: ({ data, errors }: Result<T>) => (data && !errors ? resolve(data) : reject(refusal(errors))),
        error: (problem) => reject(refusal(problem)),
        complete: () => reject(new Refused(words.noAnswer)),
      },
    );
  });
}

export interface StreamHandlers<E> {
  readonly onEvent: (event: E) => void;
  /** The stream has ended, and is not resumed by itself. */
  readonly onEnd: (why: Refused) => void;
}

/**
 * Follows a subscription with one field. The newest cursor is written into the payload, which the client sends again when it
 * reconnects, so the stream resumes exactly where it stopped. Returns a function that ends it.
 */
export function follow<E extends { readonly cursor: string }>(
  client: Client,
  query: string,
  variables: Variables,
  { onEvent, onEnd }: StreamHandlers<E>,
): () => void {
  const payload = { query, variables: { ...variables } };
  let isOver = false;
  const end = (why: Refused) => {
    if (isOver) return;
    isOver = true;
    onEnd(why);
  };
  const unsubscribe = client.subscribe<Record<string, E>>(payload, {
    next({ data, errors }: Result<Record<string, E>>) {
      const [event] = Object.values(data ?? {});
      if (!event) return end(refusal(errors));
      payload.variables['after'] = event.cursor;
      onEvent(event);
    },
    error: (problem) => end(refusal(problem)),
    complete: () => end(new Refused(words.streamEnded)),
  });
  return () => {
    isOver = true;
    unsubscribe();
  };
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** `problem` is a list of GraphQL errors, or the event or error that ended the connection. */
function refusal(problem: unknown): Refused {
  const [first] = Array.isArray(problem) ? (problem as readonly GraphqlError[]) : [];
  if (first) return new Refused(first.message, first.extensions?.code ?? null);
  if (problem instanceof Error) return new Refused(problem.message, null, { cause: problem });
  return new Refused(words.connectionEnded, null, { cause: problem });
}
