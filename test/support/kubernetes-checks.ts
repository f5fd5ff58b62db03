/** Says what is unwise in manifests that Kubernetes would accept, as linters of manifests do. */
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { Manifest } from './manifests.ts';

type Workload = IDeployment & Manifest;
type Facts = readonly (readonly [isWise: boolean, otherwise: string])[];

/** One sentence for each finding. Objects are looked at together: what they name has to be among them. */
export function findUnwise(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const named = `${manifest.kind} ${manifest.metadata.name}`;
    const facts = manifest.kind === 'Deployment' ? workloadFacts(manifest as Workload, manifests) : [];
    const lost = referencesOf(manifest).filter((reference) => !manifests.some(reference.isMet));
    return [
      ...facts.filter(([isWise]) => !isWise).map(([, otherwise]) => `${named}: ${otherwise}`),
      ...lost.map(({ to }) => `${named}: there is no ${to}`),
    ];
  });
}

function workloadFacts(workload: Workload, manifests: readonly Manifest[]): Facts {
  const { spec } = workload;
  const pod = spec!.template.spec!;
  const isAmong = (kind: string) => manifests.some((manifest) => manifest.kind === kind);
  return [
    [(spec!.replicas ?? 2) > 1, 'has one pod'],
    [spec!.strategy?.type === 'RollingUpdate', 'is not replaced pod after pod'],
    [(pod.topologySpreadConstraints ?? []).length > 0, 'may have all pods on one node'],
    [isAmong('PodDisruptionBudget'), 'may lose all pods while nodes are drained'],
    [isAmong('NetworkPolicy'), 'may be reached by everybody'],
    [![undefined, 'default'].includes(pod.serviceAccountName), 'has the account of everybody'],
    [pod.automountServiceAccountToken === false, 'has a token for the API of Kubernetes'],
    [![pod.hostNetwork, pod.hostPID, pod.hostIPC].includes(true), 'shares what is its node’s'],
    [!(pod.volumes ?? []).some(({ hostPath }) => hostPath), 'sees files of its node'],
    [pod.securityContext?.runAsNonRoot === true, 'may run as root'],
    [pod.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'may use every system call'],
    ...pod.containers.flatMap(containerFacts),
  ];
}

function containerFacts({ image = '', env = [], ports = [], resources, ...container }: IContainer): Facts {
  const { securityContext: may, livenessProbe, readinessProbe } = container;
  const names = ports.map(({ name }) => name);
  const probes = [livenessProbe, readinessProbe, container.startupProbe].flatMap((probe) => probe ?? []);
  return [
    [/@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$/.test(image), 'has an image that changes'],
    [may?.readOnlyRootFilesystem === true, 'may write to its file system'],
    [may?.allowPrivilegeEscalation === false && !may.privileged, 'may get more rights'],
    [may?.capabilities?.drop?.includes('ALL') === true && !may.capabilities.add, 'has capabilities'],
    [livenessProbe !== undefined, 'is not restarted when it hangs'],
    [readinessProbe !== undefined, 'gets requests before it is ready'],
    [
      probes.every(({ httpGet }) => names.includes(String(httpGet?.port))),
      'is probed at a port without a name',
    ],
    [
      resources?.requests?.['cpu'] !== undefined && resources.requests['memory'] !== undefined,
      'asks for nothing',
    ],
    [resources?.limits?.['memory'] !== undefined, 'may take all memory of its node'],
    [!env.some(({ name, value }) => value && /SECRET|PASSWORD|TOKEN|_URL$/.test(name)), 'shows a secret'],
  ];
}

interface Reference {
  /** What is named, in words. */
  readonly to: string;
  readonly isMet: (manifest: Manifest) => boolean;
}

/** The other objects that one needs. Secrets are made by hand. */
function referencesOf(manifest: Manifest): Reference[] {
  const text = JSON.stringify(manifest);
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name!);
  const named = (kind: string, name: string): Reference => ({
    to: `${kind} ${name}`,
    isMet: (other) => other.kind === kind && other.metadata.name === name,
  });
  const selected = (labels: Readonly<Record<string, string>>): Reference => ({
    to: `pod with ${JSON.stringify(labels)}`,
    isMet: (other) => {
      const own =
        other.kind === 'Deployment' ? (other as Workload).spec!.template.metadata?.labels : undefined;
      return own !== undefined && Object.entries(labels).every(([name, value]) => own[name] === value);
    },
  });
  const { spec } = manifest as { spec?: { selector?: object; podSelector?: object } };
  const selector = spec?.selector ?? spec?.podSelector;
  return [
    ...(selector === undefined ? [] : [selected(labelsOf(selector))]),
    ...found(/"scaleTargetRef":{[^}]*"name":"([^"]+)"/g).map((name) => named('Deployment', name)),
    ...found(/"service":{"name":"([^"]+)"/g).map((name) => named('Service', name)),
    ...found(/"backendRefs":\[{"name":"([^"]+)"/g).map((name) => named('Service', name)),
    ...found(/"configMapRef":{"name":"([^"]+)"/g).map((name) => named('ConfigMap', name)),
    ...found(/"serviceAccountName":"([^"]+)"/g).map((name) => named('ServiceAccount', name)),
  ];
}

/** A Service selects by labels alone, all others say so. */
const labelsOf = (selector: object): Readonly<Record<string, string>> =>
  (selector as { matchLabels?: Record<string, string> }).matchLabels ?? (selector as Record<string, string>);
