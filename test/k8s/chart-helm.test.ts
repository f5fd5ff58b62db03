/** Proves with a real Helm what the chart renders to, and that each value does what it says. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  chart,
  hasHelm,
  keep,
  readRendered,
  renderChart,
  renderings,
  runHelm,
  writeRendered,
  type Rendering,
} from '../support/chart.ts';
import { findDifferences } from '../support/manifest-differences.ts';
import { the, type Manifest } from '../support/manifests.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const names = Object.keys(renderings) as Rendering[];
const { production } = renderings;
const changed = (...set: readonly string[]) => renderChart({ ...production, set });

// `npm run chart:render`, which is of no use without Helm.
const writes = process.env['CHART'] === 'write';
if (!hasHelm && !writes)
  console.warn(
    'There is no Helm: that the chart renders to test/k8s/rendered is not looked at, only what is there.',
  );

(hasHelm || writes ? describe : describe.skip)('Helm', () => {
  let plain: Manifest[];
  beforeAll(() => {
    if (writes) for (const name of names) writeRendered(name, renderChart(renderings[name]));
    plain = renderChart(production);
  });
  const differences = (...set: readonly string[]) => findDifferences(plain, changed(...set));

  test.each(names)('renders the chart as %s to what was written down', (name) => {
    expect(keep(renderChart(renderings[name]))).toBe(readRendered(name).kept);
  });

  test('has nothing to say against the chart', () => {
    const { status, stdout } = runHelm('lint', '--strict', chart, '--values', production.values[0]);
    expect({ status, found: stdout.match(/\[(ERROR|WARNING)\].*/g) }).toEqual({ status: 0, found: null });
  });

  test('packs what the chart takes from its neighbours', () => {
    const folder = tTemporaryFolder();
    expect(runHelm('package', chart, '--destination', folder)).toMatchObject({ status: 0 });
    const [packed, ...more] = globSync(join(folder, '*.tgz'));
    expect(more).toEqual([]);
    expect(findDifferences(plain, renderChart(production, packed))).toEqual([]);
  });

  test.each([
    ['host=""', 'host has to be given'],
    ['image.repository=""', 'image.repository has to be given'],
    ['nonsense=1', "additional properties 'nonsense' not allowed"],
    ['config.RATE_LIMIT_SCALE=2', 'got number, want string'],
    ['image.digest="latest"', "'/image/digest'"],
  ])('refuses %s', (set, problem) => {
    expect(() => changed(set)).toThrow(problem);
  });

  test('gives each value a meaning', () => {
    // What they are changed to, where it cannot be told from what they are.
    const others: Readonly<Record<string, string>> = {
      'image.digest': `"sha256:${'a'.repeat(64)}"`,
      'image.pullPolicy': '"Always"',
      imagePullSecrets: '[{"name":"registry"}]',
      tolerations: '[{"key":"a","operator":"Exists"}]',
      volumes: '[{"name":"ca","secret":{"secretName":"ca"}}]',
      volumeMounts: '[{"name":"ca","mountPath":"/ca"}]',
      affinity: '{"nodeAffinity":{}}',
      'networkPolicy.egress': '[]',
    };
    // What counts only beside another.
    const beside: Readonly<Record<string, string>> = {
      replicas: 'autoscaling.enabled=false',
      'ingress.': 'ingress.enabled=true',
      'autoscaling.keda.prometheus': 'autoscaling.keda.enabled=true',
    };
    const leaves = (value: unknown, path: string): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
        ? Object.entries(value).flatMap(([key, each]) => leaves(each, path === '' ? key : `${path}.${key}`))
        : [[path, value]];
    const otherThan = (value: unknown): string => {
      if (typeof value === 'boolean') return String(!value);
      if (typeof value === 'number') return String(value + 1);
      return typeof value === 'string' ? '"other"' : '{"OTHER":"other"}';
    };
    const values = leaves(parse(readFileSync(join(chart, 'values.yaml'), 'utf8')), '');
    expect(values.length).toBeGreaterThan(30);
    const without = values.filter(([path, value]) => {
      const needed = Object.entries(beside).find(
        ([start]) => path.startsWith(start) && path !== 'ingress.enabled',
      );
      const set = needed === undefined ? [] : [needed[1]];
      const before = set.length === 0 ? plain : changed(...set);
      return (
        findDifferences(before, changed(...set, `${path}=${others[path] ?? otherThan(value)}`)).length === 0
      );
    });
    expect(without).toEqual([]);
  }, 120_000);

  test('replaces the pods when their settings change, and only then', () => {
    const checksum = /^Deployment dispatch-subgraph: .*checksum\/config: /;
    expect(differences('config.LOG_LEVEL="debug"').filter((found) => checksum.test(found))).toHaveLength(1);
    expect(
      differences('autoscaling.maxReplicas=20').filter((found) => found.startsWith('Deployment')),
    ).toEqual([]);
  });

  test('takes an annotation of the ingress out that is null, and leaves the others', () => {
    const name = 'nginx.ingress.kubernetes.io/load-balance';
    const annotationsOf = (...set: readonly string[]) =>
      the<Manifest & { metadata: { annotations: Record<string, string> } }>(
        changed('ingress.enabled=true', ...set),
        'Ingress',
      ).metadata.annotations;
    const { [name]: taken, ...others } = annotationsOf();
    expect(taken).toBe('ewma');
    expect(annotationsOf(`ingress.annotations={"${name}":null,"mine":"1"}`)).toEqual({
      ...others,
      mine: '1',
    });
  });
});
