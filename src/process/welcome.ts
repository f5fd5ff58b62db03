/** What somebody who starts the service on a terminal is told first: where it is, and what they can do now. */
import { styleText } from 'node:util';

export interface WelcomeOptions {
  /** Where the service listens. */
  readonly url: string;
  readonly environment: string;
  /** What it runs on, in words. */
  readonly runsOn: readonly string[];
  /** Whether there are pages to try it with. */
  readonly hasPages: boolean;
  /** How somebody gets a token; null where only others make them. */
  readonly tokenCommand: string | null;
}

export function formatWelcome({ url, environment, runsOn, hasPages, tokenCommand }: WelcomeOptions): string {
  const base = browsable(url);
  const lines: readonly (readonly [string, string])[] = [
    ['GraphQL', `${base}/graphql`],
    ...(hasPages
      ? ([
          ['Playground', `${base}/`],
          ['Board', `${base}/board`],
        ] as const)
      : []),
    ['Runs on', runsOn.join(', ')],
    ['Token', tokenCommand ?? 'from whoever issues them for this environment'],
    ...(hasPages ? ([['Something to see', 'npm run replay -- --demo']] as const) : []),
    ['Stop', 'Ctrl-C'],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const title = `${styleText('bold', 'The dispatch subgraph is ready')} (${environment}).`;
  const shown = lines.map(([name, says]) => `  ${styleText('gray', name.padEnd(width))}  ${says}`);
  return ['', title, '', ...shown, '', ''].join('\n');
}

/** A browser goes to no address that stands for all of them. */
function browsable(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const isEverywhere = hostname === '[::]' || hostname === '0.0.0.0';
  return `${protocol}//${isEverywhere ? 'localhost' : hostname}:${port}`;
}
