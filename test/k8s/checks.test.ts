/** Proves that nothing in the manifests is unwise: what linters of manifests look for, in what kustomize and Helm make of them. */
import { describe, expect, test } from '@jest/globals';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { readRendered, renderings, restore, type Rendering } from '../support/chart.ts';
import { findUnwise } from '../support/kubernetes-checks.ts';
import { hasKubectl, overlays, renderOverlay, the, type Manifest } from '../support/manifests.ts';

/** What dev brings for trying the service loses its data with its pod, and is not looked at. */
const looked = (manifests: readonly Manifest[]) =>
  manifests.filter(({ metadata: { name } }) => !['redis', 'postgresql'].includes(name));

(hasKubectl ? describe : describe.skip)('kustomize', () => {
  test.each(overlays)('makes nothing unwise of %s', (overlay) => {
    expect(findUnwise(looked(renderOverlay(overlay)))).toEqual([]);
  });
});

const rendered = (name: Rendering) => restore(readRendered(name).kept);
test.each(Object.keys(renderings) as Rendering[])('the chart makes nothing unwise of %s', (name) => {
  expect(findUnwise(rendered(name))).toEqual([]);
});

describe('these checks notice', () => {
  type Pod = NonNullable<NonNullable<IDeployment['spec']>['template']['spec']>;
  type Container = Pod['containers'][number];
  const podOf = (manifests: Manifest[]) => the<IDeployment>(manifests, 'Deployment').spec!.template.spec!;
  const pods: readonly [string, (pod: Pod) => unknown][] = [
    ['may have all pods on one node', (pod) => delete pod.topologySpreadConstraints],
    ['has the account of everybody', (pod) => delete pod.serviceAccountName],
    ['has a token for the API of Kubernetes', (pod) => delete pod.automountServiceAccountToken],
    ['shares what is its node’s', (pod) => (pod.hostNetwork = true)],
    ['sees files of its node', (pod) => (pod.volumes = [{ name: 'a', hostPath: { path: '/' } }])],
    ['may run as root', (pod) => delete pod.securityContext!.runAsNonRoot],
    ['may use every system call', (pod) => delete pod.securityContext!.seccompProfile],
    ['there is no ServiceAccount other', (pod) => (pod.serviceAccountName = 'other')],
  ];
  const containers: readonly [string, (container: Container) => unknown][] = [
    [
      'has an image that changes',
      (container) => (container.image = 'registry.example/dispatch-subgraph:latest'),
    ],
    ['has an image that changes', (container) => (container.image = 'registry.example/dispatch-subgraph')],
    ['may write to its file system', ({ securityContext }) => delete securityContext!.readOnlyRootFilesystem],
    ['may get more rights', ({ securityContext }) => (securityContext!.privileged = true)],
    ['has capabilities', ({ securityContext }) => (securityContext!.capabilities!.add = ['NET_RAW'])],
    ['is not restarted when it hangs', (container) => delete container.livenessProbe],
    ['gets requests before it is ready', (container) => delete container.readinessProbe],
    ['is probed at a port without a name', ({ livenessProbe }) => (livenessProbe!.httpGet!.port = 'web')],
    ['asks for nothing', ({ resources }) => delete resources!.requests!['cpu']],
    ['may take all memory of its node', ({ resources }) => delete resources!.limits],
    ['shows a secret', (container) => (container.env = [{ name: 'JWT_SECRET', value: 'a' }])],
    ['there is no ConfigMap other', ({ envFrom }) => (envFrom![0]!.configMapRef!.name = 'other')],
  ];
  const without = (kind: string) => (manifests: Manifest[]) =>
    manifests.splice(
      manifests.findIndex((manifest) => manifest.kind === kind),
      1,
    );
  const spec = (manifests: Manifest[], kind: string) =>
    the<{ spec: Record<string, unknown> }>(manifests, kind).spec;
  const objects: readonly [string, (manifests: Manifest[]) => unknown][] = [
    ['has one pod', (manifests) => (spec(manifests, 'Deployment')['replicas'] = 1)],
    ['is not replaced pod after pod', (manifests) => (spec(manifests, 'Deployment')['strategy'] = {})],
    ['may lose all pods while nodes are drained', without('PodDisruptionBudget')],
    ['may be reached by everybody', without('NetworkPolicy')],
    ['there is no Service dispatch-subgraph', without('Service')],
    ['there is no Deployment dispatch-subgraph', without('Deployment')],
    ['there is no pod with {"a":"b"}', (manifests) => (spec(manifests, 'Service')['selector'] = { a: 'b' })],
  ];
  test.each([
    ...pods.map(([what, change]) => [what, (all: Manifest[]) => change(podOf(all))] as const),
    ...containers.map(
      ([what, change]) => [what, (all: Manifest[]) => change(podOf(all).containers[0]!)] as const,
    ),
    ...objects,
  ])('what %s', (what, change) => {
    const manifests = rendered('production');
    change(manifests);
    expect(findUnwise(manifests).join('\n')).toContain(`: ${what}`);
  });
});
