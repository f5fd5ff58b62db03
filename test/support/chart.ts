/** Renders the Helm chart of k8s/chart, and keeps what it renders to as files, for whoever has no Helm. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { parseManifests, readFile, type Manifest } from './manifests.ts';

const root = resolve(import.meta.dirname, '../..');
const helm = process.env['HELM'] || 'helm';
export const chart = join(root, 'k8s/chart');
export const hasHelm = spawnSync(helm, ['version'], { stdio: 'ignore' }).status === 0;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const production = ['k8s/overlays/production/values.yaml'] as const;
/** What is rendered and kept: the values' files, and what is said on the command line. */
export const renderings = {
  production: { values: production, set: [] },
  'production-ingress': { values: [...production, 'k8s/overlays/production-ingress/values.yaml'], set: [] },
  'production-keda': { values: production, set: ['autoscaling.keda.enabled=true'] },
} as const;
export type Rendering = keyof typeof renderings;

/** What Helm printed; what it refused is in `stderr`. */
export function runHelm(...args: readonly string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(helm, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** What `helm install` would send, of a folder or a package. Throws what Helm said. */
export function renderChart(
  { values, set }: { readonly values: readonly string[]; readonly set: readonly string[] },
  from = chart,
): Manifest[] {
  const files = values.flatMap((file) => ['--values', file]);
  // A Helm that was built from its sources takes the cluster for an old one.
  const how = ['--namespace', 'dispatch', '--kube-version', '1.32.0', ...files];
  const { status, stdout, stderr } = runHelm(
    ...['template', 'dispatch-subgraph', from, ...how],
    ...set.flatMap((value) => ['--set-json', value]),
  );
  if (status !== 0) throw new Error(stderr || 'There is no Helm on the PATH, nor where HELM says.');
  return parseManifests(stdout);
}

/** Of all that the chart says itself. What it takes from its neighbours it passes on, whatever they say. */
export function digestOfChart(): string {
  const own = ['values.yaml', 'values.schema.json', 'templates/*'].map((pattern) => join(chart, pattern));
  const files = [...own, join(root, 'k8s/overlays/*/values.yaml')]
    .flatMap((pattern) => globSync(pattern))
    .sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const rendered = (name: Rendering) => join(root, 'test/k8s/rendered', `${name}.yaml`);

/** Dashboards and alerts are long, and change often. The chart passes them on as they are, so they are not kept. */
const passedOn: Readonly<Record<string, () => Record<string, unknown>>> = {
  'ConfigMap dispatch-subgraph-dashboards': () => ({
    data: Object.fromEntries(
      ['dispatch-service.json', 'dispatch-process.json'].map((name) => [name, readFile(`grafana/${name}`)]),
    ),
  }),
  'PrometheusRule dispatch-subgraph': () => ({
    spec: parseManifests(readFile('monitoring/prometheus-rule.yaml'))[0]!['spec'],
  }),
};
const passedOnTo = ({ kind, metadata }: Manifest) => passedOn[`${kind} ${metadata.name}`]?.() ?? {};

/** What a file of `test/k8s/rendered` says, from what Helm rendered. The next release does not change it. */
export function keep(manifests: readonly Manifest[]): string {
  const short = manifests.map((manifest) => {
    const fields = Object.entries(passedOnTo(manifest)).map(([field, expected]) => {
      if (isDeepStrictEqual(manifest[field], expected)) return [field, 'as in k8s/'] as const;
      throw new Error(`${manifest.kind} ${manifest.metadata.name} has another ${field} than k8s/ says.`);
    });
    return { ...manifest, ...Object.fromEntries(fields) };
  });
  const texts = short.map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }));
  return texts
    .join('---\n')
    .replaceAll(new RegExp(`(?<![\\d.])${RegExp.escape(version)}(?![\\d.])`, 'g'), 'VERSION')
    .replaceAll(/(?<=checksum\/config: ).+/g, 'CHECKSUM');
}

/** What the chart rendered to when somebody last had Helm render it. */
export function readRendered(name: Rendering): { readonly digest: string; readonly kept: string } {
  const [, digest = '', kept = ''] = /^# .*\n# The chart: (\w+)\n([^]*)$/.exec(
    readFileSync(rendered(name), 'utf8'),
  )!;
  return { digest, kept };
}

export function writeRendered(name: Rendering, manifests: readonly Manifest[]): void {
  const head = `# Written by \`npm run chart:render\`: what Helm makes of the chart, but for dashboards and alerts.\n`;
  writeFileSync(rendered(name), `${head}# The chart: ${digestOfChart()}\n${keep(manifests)}`);
}

/** The manifests of a kept text, with what is passed on. */
export function restore(kept: string): Manifest[] {
  return parseManifests(kept.replaceAll('VERSION', version)).map((manifest) => ({
    ...manifest,
    ...passedOnTo(manifest),
  }));
}
