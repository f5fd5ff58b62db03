/** Opens the board in a real browser, and reads what it shows and the errors of the page. */
import { afterEach } from '@jest/globals';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { ServerProcess } from './server-process.ts';
import { findBrowser } from './services.ts';
import { until } from './until.ts';

export interface ShownRow {
  readonly id: string;
  readonly estado: string;
  readonly version: number;
}

export interface BoardPage {
  readonly page: Page;
  /** Errors of scripts, and of the console except that a socket could not be opened, which tests cause on purpose. */
  readonly complaints: readonly string[];
  /** Requested addresses that do not belong to the service. */
  readonly outside: readonly string[];
  rows(): Promise<ShownRow[]>;
  count(name: CountName): Promise<number>;
  /** Resolves when the connection is in this state. */
  connection(kind: 'live' | 'late' | 'reconnecting' | 'stopped'): Promise<void>;
  /** Resolves when `isThere` returns true for the rows. */
  untilRows(what: string, isThere: (rows: ShownRow[]) => boolean): Promise<ShownRow[]>;
}

type CountName = 'active' | 'updates' | 'positions' | 'resumes' | 'snapshots' | 'repeated' | 'missed';

const browsers = new Set<Browser>();
afterEach(async () => {
  await Promise.all([...browsers].map((browser) => browser.close()));
  browsers.clear();
});

const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Only how long a fact is waited for that never comes: machines that run many tests are slow. */
const timeoutMs = 90_000;

export interface PageOptions extends BrowserContextOptions {
  /** How far the clock of the browser is ahead, milliseconds; negative where it is behind. Default 0. */
  readonly clockAheadMs?: number;
  /** What the viewer has entered before, as this tab remembers it. Default: nothing. */
  readonly boardToken?: string;
  /** What the browser remembers of earlier visits. */
  readonly stored?: Readonly<Record<string, string>>;
  /** Called with the page before it is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Opens a page in a new browser with an empty profile; it is closed after the test. */
export async function tPage(
  url: string,
  { clockAheadMs = 0, boardToken, stored = {}, prepare, ...options }: PageOptions = {},
): Promise<BoardPage> {
  const executablePath = findBrowser(process.env['PATH'] ?? '');
  if (!executablePath) throw new Error('There is no Chromium on the PATH: npm test installs it on Debian.');
  const browser = await chromium.launch({ executablePath, args: quiet });
  browsers.add(browser);
  const context = await browser.newContext(options);
  await context.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${clockAheadMs}; }`);
  const keep = (store: string, entries: Readonly<Record<string, string>>) =>
    `for (const [key, text] of Object.entries(${JSON.stringify(entries)})) ${store}[key] ??= text;`;
  await context.addInitScript(
    `{ ${keep('localStorage', stored)} ${keep('sessionStorage', boardToken === undefined ? {} : { 'board-token': boardToken })} }`,
  );
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  const complaints: string[] = [];
  const outside: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !/^WebSocket connection to .* failed/.test(text))
      complaints.push(text);
  });
  const { host } = new URL(url);
  const note = (address: string) => {
    const { protocol, host: asked } = new URL(address);
    if (!['data:', 'blob:'].includes(protocol) && asked !== host) outside.push(address);
  };
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  await prepare?.(page);
  await page.goto(url);
  return { page, complaints, outside, ...reading(page) };
}

function reading(page: Page): Pick<BoardPage, 'rows' | 'count' | 'connection' | 'untilRows'> {
  const rows = () =>
    page
      .locator('.row[data-id]')
      .evaluateAll((shown: { dataset: Readonly<Record<string, string | undefined>> }[]) =>
        shown.map(({ dataset: { id = '', estado = '', version } }) => ({
          id,
          estado,
          version: Number(version),
        })),
      );
  return {
    rows,
    async count(name) {
      const text = await page.locator(`[data-count="${name}"]`).textContent();
      return Number((text ?? '').replaceAll(/\D/g, ''));
    },
    async connection(kind) {
      await page.locator(`[data-connection="${kind}"]`).waitFor();
    },
    async untilRows(what, isThere) {
      return until(
        `the board shows ${what}`,
        async () => {
          const shown = await rows();
          return isThere(shown) ? shown : null;
        },
        timeoutMs,
      );
    },
  };
}

/** The board of a dispatcher, live. `view`: what the address says. */
export async function tBoard(
  server: ServerProcess,
  { view = '', ...options }: PageOptions & { view?: string } = {},
) {
  const boardToken = await server.client.token();
  const shown = await tPage(`${server.url}/board${view}`, { boardToken, ...options });
  await shown.connection('live');
  return shown;
}
