/** Asks for tickets, and opens event streams with them, as a page or a program would. */
import { streamAddress } from './browser-source.ts';
import { tEventStream, type BareEventStream } from './event-stream.ts';

/** The headers by which a browser says which page sends a request. */
export type Page = Readonly<Record<string, string>>;

/** A page of another origin than the service. */
export const pageAt = (origin: string): Page => ({ origin, 'sec-fetch-site': 'cross-site' });

export async function askForTicket(url: string, token: string | null, page: Page = {}): Promise<Response> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return fetch(`${url}/graphql`, { method: 'PUT', headers: { ...authorization, ...page } });
}

/** A good one. */
export async function tTicket(url: string, token: string, page: Page = {}): Promise<string> {
  const answer = await askForTicket(url, token, page);
  if (answer.status !== 201) throw new Error(`There was no ticket: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

export interface TicketedOperation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly page?: Page;
  readonly lastEventId?: string | undefined;
}

/** What an EventSource asks for. The connection is cut after the test. */
export function openWithTicket(
  url: string,
  ticket: string,
  { query, variables, page = {}, lastEventId }: TicketedOperation,
): Promise<BareEventStream> {
  const address = streamAddress(url, query, variables, { token: ticket });
  return tEventStream(address, { lastEventId, headers: page });
}

/** The code and the reason of the only error that a stream tells. */
export async function refusalOf(stream: BareEventStream): Promise<readonly [unknown, unknown]> {
  await stream.over();
  const [first] = stream.events as readonly {
    data: { errors?: { extensions: Record<string, unknown> }[] };
  }[];
  const { code, reason } = first?.data.errors?.[0]?.extensions ?? {};
  return [code, reason];
}
