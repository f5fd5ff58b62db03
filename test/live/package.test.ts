/** Proves the shape of the client package: its size, its files, its types, and that nothing is loaded that is not used. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, 'packages/live');
const manifest = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')) as {
  readonly dependencies?: object;
  readonly exports: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

/** What a page loads at once that imports this, without packages of others. */
async function sizeOf(
  code: string,
): Promise<{ readonly bytes: number; readonly imports: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: resolve(folder, 'src'), loader: 'ts' },
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', target: 'es2023' },
    ...{ packages: 'external', write: false, metafile: true, outdir: 'out', logLevel: 'error' },
  });
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === '<stdin>')!;
  const files = [
    entry[0],
    ...entry[1].imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path),
  ];
  const loaded = outputFiles.filter(({ path }) => files.some((name) => path.endsWith(`/${name}`)));
  return {
    bytes: loaded.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0),
    imports: entry[1].imports.filter(({ external }) => external).map(({ path }) => path),
  };
}

test('the core is smaller than 6 KB, and imports graphql and graphql-ws alone', async () => {
  const { bytes, imports } = await sizeOf("export { createLiveClient } from './index.ts';");
  expect(bytes).toBeLessThan(6 * 1024);
  expect(bytes).toBeGreaterThan(2 * 1024);
  expect([...new Set(imports)].sort()).toEqual(['graphql', 'graphql-ws/client']);
});

test('of the operations nothing is loaded but those that are used', async () => {
  const all = await sizeOf("export * from './generated/operations.ts';");
  const one = await sizeOf("export { MessageBroadcastDocument } from './generated/operations.ts';");
  expect(one.bytes).toBeLessThan(all.bytes / 4);
});

test('it needs nothing but its peers', () => {
  expect(manifest.dependencies).toBeUndefined();
  expect(Object.keys(manifest.peerDependencies)).toEqual(expect.arrayContaining(['graphql', 'graphql-ws']));
});

test('what is packed has its types where each resolver looks for them, and no sources', () => {
  const bin = (name: string) => resolve(root, 'node_modules', name);
  execFileSync(process.execPath, [bin('typescript/bin/tsc'), '-p', resolve(folder, 'tsconfig.build.json')]);
  const attw = ['--pack', folder, '--profile', 'esm-only', '--format', 'json'];
  const checked = execFileSync(process.execPath, [bin('@arethetypeswrong/cli/dist/index.js'), ...attw], {
    encoding: 'utf8',
  });
  const { analysis } = JSON.parse(checked) as { analysis: { entrypoints: Record<string, unknown> } };
  expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(manifest.exports));
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: folder, encoding: 'utf8' });
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  const names = files.map(({ path }) => path);
  expect(names.filter((name) => !/^dist\/.*\.(js|d\.ts)$/.test(name)).sort()).toEqual([
    'README.md',
    'package.json',
  ]);
  for (const path of Object.values(manifest.exports)) expect(names).toContain(path.replace('./', ''));
}, 300_000);
