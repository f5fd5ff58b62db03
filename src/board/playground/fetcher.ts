/** How GraphiQL asks the service: queries by HTTP, subscriptions over a WebSocket, both with the same token. */
import { Kind, OperationTypeNode, parse } from 'graphql';
import { watch, type Watched } from './watch.ts';

export interface Request {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Record<string, unknown> | null;
}

/** What GraphiQL shows. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
}

export type Fetcher = (
  request: Request,
  options?: { readonly headers?: Readonly<Record<string, string>> },
) => Promise<Answer> | Watched;

export interface FetcherOptions {
  readonly endpoint: string;
  readonly token: string | null;
  /** An answer that says why there is none. */
  readonly inWords: (problem: string) => Answer;
}

/** What the editor of headers says goes before the token of the page. */
export function createFetcher(options: FetcherOptions): Fetcher {
  return (request, { headers = {} } = {}) => {
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const sent: Record<string, string> = {
      ...(options.token !== null && { authorization: `Bearer ${options.token}` }),
      ...Object.fromEntries(lowerCase),
    };
    const { operationName, isSubscription } = read(request);
    const named = { ...request, operationName };
    return isSubscription ? watch(named, sent, options) : ask(named, sent, options);
  };
}

/** GraphiQL says for a moment the name of an operation that stood in the tab before. */
function read({ query, operationName = null }: Request) {
  try {
    const operations = parse(query).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    const found = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
    return {
      operationName: found?.name?.value ?? null,
      isSubscription: found?.operation === OperationTypeNode.SUBSCRIPTION,
    };
  } catch {
    // The service says what is wrong with it.
    return { operationName, isSubscription: false };
  }
}

async function ask(
  request: Request,
  headers: Record<string, string>,
  { endpoint, inWords }: FetcherOptions,
): Promise<Answer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  }).catch(() => null);
  if (!response)
    return inWords(`Nothing answers at ${new URL(endpoint, location.href).href}: is the service running?`);
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return inWords(`The answer is no JSON, with status ${response.status}: ${text.slice(0, 500)}`);
  }
}
