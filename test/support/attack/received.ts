/** What a server answered, in one word. */

export interface Received {
  /** `data` where there are no errors, the code of the first error, or `HTTP 404` where it is no GraphQL. */
  readonly outcome: string;
  readonly status: number;
  readonly bytes: number;
  readonly json: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly extensions?: { readonly code?: string };
    }[];
  };
}

/** The only word for what an execution result says. */
export function outcomeOf(result: Received['json']): string {
  if (!result.errors) return 'data';
  // Word by word they would tell the schema, which production keeps to itself.
  if (result.errors.some(({ message }) => message.includes('Did you mean'))) return 'a suggestion';
  return result.errors[0]?.extensions?.code ?? 'an error without a code';
}

export function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

export async function readResponse(response: Response): Promise<Received> {
  const text = await response.text();
  const { status } = response;
  const isGraphQL = /^application\/(graphql-response\+)?json/.test(
    response.headers.get('content-type') ?? '',
  );
  const json = (isGraphQL && text !== '' ? JSON.parse(text) : {}) as Received['json'];
  const outcome = json.data === undefined && !json.errors ? `HTTP ${status}` : outcomeOf(json);
  return { outcome, status, bytes: Buffer.byteLength(text), json };
}
