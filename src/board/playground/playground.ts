/** Starts GraphiQL on the development page: one token for all that it asks, and tabs and history as they were left. */
import { createFetcher, type Answer, type Fetcher } from './fetcher.ts';
import { listenToToken, tokenOf } from './token.ts';

interface Settings {
  readonly endpoint: string;
  readonly token: string | null;
  readonly examples: readonly string[];
}

interface GraphiqlOptions {
  readonly fetcher: Fetcher;
  /** Opened in its tab, or in a new one where there is none. */
  readonly query?: string;
  readonly variables?: string;
  /** For whoever has none yet: GraphiQL keeps tabs in the browser. */
  readonly defaultTabs: readonly { readonly query: string }[];
  /** Headers may be secrets, which GraphiQL would remember beyond their end. */
  readonly shouldPersistHeaders: boolean;
  readonly onEditQuery: () => void;
  /** Those that GraphiQL has by itself: this bundle would take its explorer alone, and leave out the history. */
  readonly plugins: undefined;
}

declare const YogaGraphiQL: {
  renderYogaGraphiQL(root: Element | null, options: GraphiqlOptions): void;
};

const { endpoint, token, examples } = JSON.parse(
  document.querySelector('#settings')?.textContent ?? '',
) as Settings;

interface Tab {
  readonly query: string | null;
  readonly variables: string | null;
}

const noTab: Tab = { query: null, variables: null };

/** The operation of a link. It is taken out of the address, or each reload would open it again. */
function takeLinked(): Tab | undefined {
  const address = new URL(location.href);
  const query = address.searchParams.get('query');
  if (query === null) return undefined;
  address.searchParams.delete('query');
  history.replaceState(null, '', address);
  return { query, variables: null };
}

/** The tab that was open last. Whoever does not name it gets an empty one beside it with each reload. */
function lastTab(): Tab | undefined {
  const kept = JSON.parse(localStorage.getItem('graphiql:tabState') ?? 'null') as {
    readonly tabs: readonly Tab[];
    readonly activeTabIndex: number;
  } | null;
  return kept?.tabs[kept.activeTabIndex];
}

const inWords = (problem: string): Answer => ({ errors: [{ message: problem }] });

const { query, variables } = takeLinked() ?? lastTab() ?? noTab;
listenToToken(token);
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  fetcher: createFetcher({ endpoint, token: tokenOf(token), inWords }),
  ...(query !== null && { query }),
  ...(variables !== null && { variables }),
  defaultTabs: examples.map((example) => ({ query: example })),
  shouldPersistHeaders: false,
  // GraphiQL's own would write each of them into the address, and open it a second time with the page.
  onEditQuery: () => undefined,
  plugins: undefined,
});
