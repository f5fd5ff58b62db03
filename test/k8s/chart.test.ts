/** Proves, without Helm, that chart and kustomize give the same objects, and that the chart's values are those of k8s/base. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { chart, digestOfChart, readRendered, renderings, restore, type Rendering } from '../support/chart.ts';
import { findDifferences } from '../support/manifest-differences.ts';
import { problemsOf } from '../support/kubernetes-schemas.ts';
import { hasKubectl, k8s, readFolder, renderKustomization, the } from '../support/manifests.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const names = Object.keys(renderings) as Rendering[];

/** Where chart and kustomize differ on purpose. */
const purposes: readonly { readonly where: RegExp; readonly because: string }[] = [
  {
    where: /^Namespace dispatch: kustomize alone$/,
    because: 'Helm makes no namespace of its own, so that removing a release removes no namespace.',
  },
  {
    where:
      /^\w+ [\w-]+: metadata\.labels\.(app\.kubernetes\.io\/(name|instance|version|managed-by)|helm\.sh\/chart): /,
    because:
      'Helm knows its objects by labels. None of them is in a selector, so either takes over from the other.',
  },
  {
    where:
      /^ConfigMap dispatch-subgraph: metadata\.name: |: spec\.template\.spec\.containers\.0\.envFrom\.0\.configMapRef\.name: /,
    because:
      'Helm removes an object whose name has changed, while old pods still want it: so the name stays.',
  },
  {
    where: /^Deployment dispatch-subgraph: spec\.template\.metadata\.annotations\.checksum\/config: /,
    because: 'Without another name of the ConfigMap, something else has to replace the pods when it changes.',
  },
];

/** The overlay of kustomize that has the same in it. */
function kustomize(name: Rendering) {
  if (name !== 'production-keda') return renderKustomization(join(k8s, 'overlays', name));
  const folder = tTemporaryFolder();
  const from = (path: string) => relative(folder, join(k8s, path));
  const kustomization = {
    namespace: 'dispatch',
    resources: [from('overlays/production')],
    components: [from('keda')],
  };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return renderKustomization(folder);
}

test('what Helm makes of the chart was written down after its last change', () => {
  // Else: `npm run chart:render`, which wants Helm.
  for (const name of names) expect([name, readRendered(name).digest]).toEqual([name, digestOfChart()]);
});

(hasKubectl ? describe : describe.skip)('chart and kustomize', () => {
  const findIn = (name: Rendering) => findDifferences(kustomize(name), restore(readRendered(name).kept));

  test.each(names)('give the same objects as %s, but for what differs on purpose', (name) => {
    const unexplained = findIn(name).filter((found) => !purposes.some(({ where }) => where.test(found)));
    expect(unexplained).toEqual([]);
  });

  test('differ on purpose as is said, and nowhere that is only said', () => {
    const found = names.flatMap(findIn);
    for (const { where, because } of purposes)
      expect([because, found.some((each) => where.test(each))]).toEqual([because, true]);
  });

  test('are seen to differ, where something is missing, more, or another', () => {
    const there = kustomize('production').filter(({ kind }) => ['Service', 'ServiceAccount'].includes(kind));
    const [first, second] = there;
    const changed = { ...second!, spec: {}, metadata: { ...second!.metadata, namespace: 'other' } };
    expect(findDifferences(there, there)).toEqual([]);
    expect(findDifferences(there, [first!])).toEqual([`${second!.kind} dispatch-subgraph: kustomize alone`]);
    expect(findDifferences([first!], there)).toEqual([`${second!.kind} dispatch-subgraph: chart alone`]);
    expect(findDifferences(there, [first!, changed])).toContain(
      `${second!.kind} dispatch-subgraph: metadata.namespace: "dispatch", and "other" by the chart`,
    );
  });
});

test.each(names)('Kubernetes accepts what the chart renders to as %s', async (name) => {
  expect(await problemsOf(restore(readRendered(name).kept))).toEqual([]);
});

describe('the values', () => {
  const text = readFileSync(join(chart, 'values.yaml'), 'utf8');
  const values = parse(text) as {
    readonly replicas: number;
    readonly resources: object;
    readonly autoscaling: { minReplicas: number; maxReplicas: number; keda: { prometheus: string } };
    readonly httpRoute: { parentRef: object };
    readonly ingress: { className: string; tlsSecretName: string };
  };

  test('are those of the folders that kustomize reads, where nothing is said', () => {
    const base = readFolder('base');
    const { replicas, template } = the<Deployment>(base, 'Deployment').spec;
    expect(values).toMatchObject({ replicas, resources: template.spec.containers[0]!.resources });
    const { minReplicas, maxReplicas } = the<{ spec: typeof values.autoscaling }>(
      base,
      'HorizontalPodAutoscaler',
    ).spec;
    expect(values.autoscaling).toMatchObject({ minReplicas, maxReplicas });
    const { parentRefs } = the<{ spec: { parentRefs: object[] } }>(
      readFolder('gateway-api'),
      'HTTPRoute',
    ).spec;
    expect([values.httpRoute.parentRef]).toEqual(parentRefs);
    const { ingressClassName, tls } = the<{
      spec: { ingressClassName: string; tls: { secretName: string }[] };
    }>(readFolder('ingress'), 'Ingress').spec;
    expect(values.ingress).toMatchObject({ className: ingressClassName, tlsSecretName: tls[0]!.secretName });
    const { triggers } = the<{ spec: { triggers: { metadata: { serverAddress?: string } }[] } }>(
      readFolder('keda'),
      'ScaledObject',
    ).spec;
    const asked = triggers.flatMap(({ metadata }) => metadata.serverAddress ?? []);
    expect(new Set(asked)).toEqual(new Set([values.autoscaling.keda.prometheus]));
  });

  test('are described, each or with its neighbours', () => {
    const blocks = text.split(/\n\n/);
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks.filter((block) => !/^ *# [A-Z].*\.$/m.test(block))).toEqual([]);
  });

  test('are those of the schema, by which Helm refuses all others', () => {
    interface Schema {
      readonly properties?: Readonly<Record<string, Schema>>;
    }
    const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Schema;
    const namesOf = (value: unknown, { properties }: Schema): unknown =>
      properties === undefined
        ? {}
        : Object.fromEntries(
            Object.entries(value as Record<string, unknown>).map(([name, inner]) => [
              name,
              namesOf(inner, properties[name] ?? {}),
            ]),
          );
    const namesIn = ({ properties = {} }: Schema): unknown =>
      Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, namesIn(inner)]));
    expect(namesOf({ ...values, global: {} }, schema)).toEqual(namesIn(schema));
  });
});

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly resources: object }[] } };
  };
}
