/** The page of the playground: GraphiQL, whole, in one document, with what src/board/playground adds to it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { examples } from './examples.ts';

export interface PageSettings {
  readonly endpoint: string;
  /** What the page asks with until somebody enters a token; null where it may hold none. */
  readonly token: string | null;
}

const script = resolve(import.meta.dirname, '../../generated/board/playground.js');

/** A line above GraphiQL, which takes the rest of the window's height. */
const header = `
  <header class="pages" aria-label="Development pages">
    <strong>GraphiQL</strong>
    <form id="token" autocomplete="off">
      <label>Token <input name="token" type="password" size="24" spellcheck="false" autocomplete="new-password" /></label>
      <button>Use it</button>
      <output></output>
    </form>
    <a href="/board">Dispatch board</a>
  </header>`;

const headerStyle = `
  body { display: flex; flex-direction: column; height: 100vh; margin: 0; }
  #root { flex: 1; min-height: 0; height: auto; }
  #root .graphiql-container { height: 100%; }
  .pages { display: flex; align-items: center; gap: 20px; padding: 6px 16px; background: #0f766e; color: #fff; }
  .pages, .pages input, .pages button { font: 14px system-ui, sans-serif; }
  .pages form { display: flex; align-items: center; gap: 8px; }
  .pages input, .pages button { padding: 2px 8px; border: 1px solid #fff; border-radius: 4px; background: #fff; color: #134e4a; }
  .pages a { margin-left: auto; color: inherit; }`;

/** Text of a script that no end of a script inside it can end. */
const inScript = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

/** GraphiQL is 9 MB of source: it is loaded when somebody first asks for the page. */
export async function createPage({ endpoint, token }: PageSettings): Promise<string> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const { css, favicon, js, editorWorkerService, graphqlWorker, jsonWorker } = graphiql;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Dispatch subgraph</title>
    <link rel="icon" href="${favicon}" />
    <style>${css}${headerStyle}</style>
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    ${header}
    <div id="root"></div>
    <script type="application/json" id="settings">${inScript({ endpoint, token, examples })}</script>
    <script>
      const workers = ${inScript({ editorWorkerService, graphql: graphqlWorker, json: jsonWorker })};
      self.MonacoEnvironment = {
        globalAPI: false,
        getWorkerUrl: (_module, label) => URL.createObjectURL(new Blob([workers[label]], { type: 'text/javascript' })),
      };
    </script>
    <script>${js}</script>
    <script type="module">${await readFile(script, 'utf8')}</script>
  </body>
</html>
`;
}
