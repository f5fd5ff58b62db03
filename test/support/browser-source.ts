/** Opens an EventSource in a page of a real browser, and says what its page is shown and what the service answered. */
import { tPage, type PageOptions } from './board-page.ts';
import { until } from './until.ts';

/** What the page has seen. */
export interface BrowserSourceState {
  /** The data of its events `next`. */
  readonly shown: readonly { readonly data?: unknown; readonly errors?: unknown }[];
  /** The same with the last id that the browser knew then. */
  readonly ids: readonly string[];
  readonly opened: number;
  readonly errors: number;
  readonly completed: number;
  /** 0: it connects, or waits to do so again. 1: it is open. 2: it has given up. */
  readonly readyState: 0 | 1 | 2;
}

export interface BrowserSource {
  state(): Promise<BrowserSourceState>;
  /** Resolves with the state of which `isThere` says true. */
  until(what: string, isThere: (state: BrowserSourceState) => boolean): Promise<BrowserSourceState>;
  /** The statuses of the answers to it, in their order. */
  readonly statuses: readonly number[];
}

/** What a page does that has a token. */
const getTicket = (endpoint: string, token: string) => `
  const headers = { authorization: ${JSON.stringify(`Bearer ${token}`)} };
  const answer = await fetch(${JSON.stringify(endpoint)}, { method: 'PUT', headers });
  const ticket = '&token=' + (await answer.text());
`;

const begin = (address: string, token: string | null) => `(async () => {
  const seen = { shown: [], ids: [], opened: 0, errors: 0, completed: 0 };
  ${token === null ? "const ticket = '';" : getTicket(address.split('?')[0]!, token)}
  const source = new EventSource(${JSON.stringify(address)} + ticket);
  source.addEventListener('open', () => (seen.opened += 1));
  source.addEventListener('error', () => (seen.errors += 1));
  source.addEventListener('complete', () => (seen.completed += 1));
  source.addEventListener('next', (event) => {
    seen.shown.push(JSON.parse(event.data));
    seen.ids.push(event.lastEventId);
  });
  globalThis.sourceState = () => ({ ...seen, readyState: source.readyState });
})()`;

/** A page that a browser shows of any service, which does nothing by itself. */
const emptyPage = '/health/live';

const timeoutMs = 30_000;

export interface BrowserSourceOptions extends PageOptions {
  /** The service whose page opens it. Default: that of the address. */
  readonly pageOf?: string;
  /** Makes the token for which the page gets a ticket. Default: it has none. */
  readonly token?: () => Promise<string>;
}

/** The browser is closed after the test. `address`: that of the stream, with its query string. */
export async function tBrowserSource(
  address: string,
  { pageOf = new URL(address).origin, token, ...options }: BrowserSourceOptions = {},
): Promise<BrowserSource> {
  const { page } = await tPage(pageOf + emptyPage, options);
  const statuses: number[] = [];
  page.on('response', (response) => {
    const isOfSource = response.url().startsWith(address) && response.request().method() === 'GET';
    if (isOfSource) statuses.push(response.status());
  });
  await page.evaluate(begin(address, token ? await token() : null));
  const state = () => page.evaluate<BrowserSourceState>('globalThis.sourceState()');
  return {
    statuses,
    state,
    until: (what, isThere) =>
      until(
        what,
        async () => {
          const seen = await state();
          return isThere(seen) ? seen : null;
        },
        timeoutMs,
      ),
  };
}

/** The address of an operation that is sent by GET. */
export function streamAddress(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, string>> = {},
): string {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables), ...more });
  return `${url}/graphql?${search.toString()}`;
}
