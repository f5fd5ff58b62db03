/** The commands `npm run board:build`, which bundles src/board, and `npm run board:check`, which fails when the committed bundle is out of date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { parseCommandLine, runCommand } from './command.ts';

const usage = `Bundles src/board, the page at /board and what the playground adds to GraphiQL, into src/generated/board.

  npm run board:build
  npm run board:check

  --check   write nothing; say whether the committed bundle is that of its sources
  --help    this text

Exit codes: 0 done, or up to date; 1 out of date; 2 the command line cannot be used.
`;

const sources = resolve(import.meta.dirname, '../board');
const bundle = resolve(import.meta.dirname, '../generated/board');

interface BundledFile {
  readonly name: string;
  readonly text: string;
}

/** The same sources always give the same bytes, because package.json pins esbuild to one version. */
async function bundleBoard(): Promise<readonly BundledFile[]> {
  const { outputFiles } = await build({
    entryPoints: [
      { in: 'board.ts', out: 'board' },
      { in: 'board.css', out: 'board' },
      { in: 'playground/playground.ts', out: 'playground' },
    ],
    absWorkingDir: sources,
    outdir: bundle,
    bundle: true,
    // The board takes WebSockets alone.
    external: ['./event-stream.ts'],
    minify: true,
    format: 'esm',
    target: 'es2023',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  const files = outputFiles.map(({ path, text }) => ({ name: path.slice(bundle.length + 1), text }));
  return [...files, { name: 'board.html', text: await readFile(resolve(sources, 'board.html'), 'utf8') }];
}

async function isCommitted({ name, text }: BundledFile): Promise<boolean> {
  return (await readFile(resolve(bundle, name), 'utf8').catch(() => null)) === text;
}

async function run(args: readonly string[]): Promise<number> {
  const values = parseCommandLine(args, { check: { type: 'boolean', default: false } });
  const files = await bundleBoard();
  if (values.check) {
    const fresh = await Promise.all(files.map(isCommitted));
    const stale = files.filter((_, index) => !fresh[index]).map(({ name }) => name);
    if (stale.length === 0) return 0;
    console.error(
      `src/generated/board does not match src/board (${stale.join(', ')}): ` +
        'run npm run board:build and commit what it writes.',
    );
    return 1;
  }
  await mkdir(bundle, { recursive: true });
  await Promise.all(files.map(({ name, text }) => writeFile(resolve(bundle, name), text)));
  for (const { name, text } of files) console.log(`${name}: ${Buffer.byteLength(text)} bytes`);
  return 0;
}

await runCommand({ usage, run });
