/** Proves that manifests and code agree on variables, ports, probes, times and sizes. */
import { describe, expect, test } from '@jest/globals';
import { parseEnv } from 'node:util';
import { configVariables, parseConfig } from '../../src/config/config.ts';
import { hasKubectl, overlays, readFile, readFolder, renderOverlay, the } from '../support/manifests.ts';
import { tApp } from '../support/app.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds: number;
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: {
    readonly preStop: { readonly exec: { readonly command: readonly [string, string] } };
  };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
}

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly rollingUpdate: { readonly maxSurge: number } };
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number };
        readonly containers: readonly Container[];
      };
    };
  };
}

interface Autoscaler {
  readonly spec: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly metrics: readonly Metric[];
  };
}
interface Metric {
  readonly type: string;
  readonly pods?: {
    readonly metric: { readonly name: string };
    readonly target: { readonly averageValue: string };
  };
}

const base = readFolder('base');
const { spec } = the<Deployment>(base, 'Deployment');
const pod = spec.template.spec;
const container = pod.containers[0]!;
const environment = parseEnv(readFile('base/config.env')) as Record<string, string>;
const secretKeys = Object.keys(
  readFolder('overlays/production').find(({ kind }) => kind === 'Secret')!['stringData'] as object,
);
/** The environment of the ConfigMap; secrets are filled in. */
const config = parseConfig({
  ...environment,
  JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz',
  REDIS_URL: 'redis://redis',
  DATABASE_URL: 'postgres://postgresql/dispatch',
});

describe('the environment', () => {
  test('has only variables that the service reads, with values that it accepts', () => {
    const known = configVariables();
    expect([...Object.keys(environment), ...secretKeys].filter((name) => !known.includes(name))).toEqual([]);
    expect(config.warnings).toEqual([]);
  });

  test('has no secrets in the ConfigMap', () => {
    expect(Object.keys(environment).filter((name) => secretKeys.includes(name))).toEqual([]);
    expect(secretKeys.sort()).toEqual(['DATABASE_URL', 'JWT_SECRET', 'REDIS_URL']);
  });
});

test('the container has the ports that the service listens on', () => {
  expect(container.ports).toEqual([
    { name: 'http', containerPort: config.http.port },
    { name: 'metrics', containerPort: config.http.metricsPort },
  ]);
});

test('the ports are for those whom they are meant for: metrics for Prometheus, all else for ingress and router', () => {
  interface Policy {
    readonly spec: { readonly ingress: readonly { readonly from: object[]; readonly ports: object[] }[] };
  }
  const [clients, prometheus] = the<Policy>(base, 'NetworkPolicy').spec.ingress;
  expect(clients!.ports).toEqual([{ port: 'http' }]);
  expect(prometheus!.ports).toEqual([{ port: 'metrics' }]);
  expect(JSON.stringify(prometheus!.from)).toContain('"app.kubernetes.io/name":"prometheus"');
  expect(JSON.stringify(clients!.from)).not.toContain('prometheus');
  const monitor = the<{ spec: { podMetricsEndpoints: { port: string }[] } }>(
    readFolder('monitoring'),
    'PodMonitor',
  );
  expect(monitor.spec.podMetricsEndpoints.map(({ port }) => port)).toEqual(['metrics']);
});

test('the network policy names who may come in and what may be reached, each with its ports', () => {
  interface Rule {
    readonly from?: object[];
    readonly to?: object[];
    readonly ports: object[];
  }
  const { policyTypes, ingress, egress } = the<{
    spec: { policyTypes: string[]; ingress: Rule[]; egress: Rule[] };
  }>(base, 'NetworkPolicy').spec;
  expect(policyTypes).toEqual(['Ingress', 'Egress']);
  const peers = [...ingress.map(({ from }) => from), ...egress.map(({ to }) => to)];
  expect(peers.length).toBeGreaterThan(5);
  // A rule without peers, or a peer without a selector, would mean everybody.
  for (const named of peers) {
    expect(named!.length).toBeGreaterThan(0);
    for (const peer of named!) expect(JSON.stringify(peer)).toMatch(/"matchLabels":\{"[^"]+":"[^"]+"/);
  }
  expect([...ingress, ...egress].filter(({ ports }) => ports.length === 0)).toEqual([]);
});

test('the ingress lets through /graphql and nothing else, and ends TLS', () => {
  interface IngressSpec {
    readonly tls: readonly { readonly hosts: string[]; readonly secretName: string }[];
    readonly rules: readonly { host: string; http: { paths: { path: string; pathType: string }[] } }[];
  }
  const { tls, rules } = the<{ spec: IngressSpec }>(readFolder('ingress'), 'Ingress').spec;
  const paths = rules.flatMap(({ http }) => http.paths.map(({ path, pathType }) => [path, pathType]));
  expect(paths).toEqual([['/graphql', 'Exact']]);
  expect(tls.flatMap(({ hosts }) => hosts)).toEqual(rules.map(({ host }) => host));
});

test('so does the route of the Gateway API, for the host of the ingress, and without an end for streams', () => {
  interface RouteSpec {
    readonly hostnames: readonly string[];
    readonly rules: readonly {
      readonly matches: readonly { readonly path: { readonly type: string; readonly value: string } }[];
      readonly timeouts: Readonly<Record<string, string>>;
      readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
    }[];
  }
  const { hostnames, rules } = the<{ spec: RouteSpec }>(readFolder('gateway-api'), 'HTTPRoute').spec;
  const [rule, ...more] = rules;
  expect([rule!.matches, more]).toEqual([[{ path: { type: 'Exact', value: '/graphql' } }], []]);
  expect(rule!.timeouts).toEqual({ request: '0s', backendRequest: '0s' });
  const { ports } = the<{ spec: { ports: { name: string; port: number }[] } }>(base, 'Service').spec;
  const { port } = ports.find(({ name }) => name === 'http')!;
  expect(rule!.backendRefs).toEqual([{ name: 'dispatch-subgraph', port }]);
  const ingress = the<{ spec: { rules: { host: string }[] } }>(readFolder('ingress'), 'Ingress').spec;
  expect(hostnames).toEqual(ingress.rules.map(({ host }) => host));
});

test('KEDA scales within the bounds of the autoscaler, by metrics that the service has', async () => {
  interface ScaledSpec {
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly triggers: readonly { readonly type: string; readonly metadata: Record<string, string> }[];
    readonly advanced: { readonly horizontalPodAutoscalerConfig: { readonly behavior: object } };
  }
  const scaled = the<{ spec: ScaledSpec }>(readFolder('keda'), 'ScaledObject').spec;
  const autoscaler = the<{ spec: Autoscaler['spec'] & { readonly behavior: object } }>(
    base,
    'HorizontalPodAutoscaler',
  ).spec;
  expect([scaled.minReplicaCount, scaled.maxReplicaCount]).toEqual([
    autoscaler.minReplicas,
    autoscaler.maxReplicas,
  ]);
  expect(scaled.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(autoscaler.behavior);
  const app = await tApp();
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const queries = scaled.triggers.flatMap(({ metadata: { query } }) => query ?? []);
  const names = queries.flatMap((query) => query.match(/dispatch_[a-z_]+/g) ?? []);
  expect(names).toEqual(['dispatch_ws_connections', 'dispatch_publish_to_socket_seconds_bucket']);
  for (const name of names) expect(text).toContain(`# TYPE ${name.replace(/_bucket$/, '')} `);
});

test('a router may come from another namespace that says so, and be called back there', () => {
  interface Policy {
    readonly spec: {
      readonly ingress: readonly { readonly from: readonly object[] }[];
      readonly egress: readonly { readonly to: readonly object[] }[];
    };
  }
  const elsewhere = {
    namespaceSelector: { matchLabels: { 'dispatch-router': 'allowed' } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'router' } },
  };
  const { ingress, egress } = the<Policy>(base, 'NetworkPolicy').spec;
  expect(ingress[0]!.from).toContainEqual(elsewhere);
  expect(egress.flatMap(({ to }) => to)).toContainEqual(elsewhere);
});

test('the example of the Secret encrypts what goes to Redis and PostgreSQL', () => {
  const { stringData } = readFolder('overlays/production').find(
    ({ kind }) => kind === 'Secret',
  ) as unknown as {
    stringData: Record<string, string>;
  };
  expect(stringData['REDIS_URL']).toMatch(/^rediss:/);
  expect(stringData['DATABASE_URL']).toMatch(/\?sslmode=verify-full$/);
});

test('whose X-Forwarded-For is believed is said as networks, each marked as a placeholder', () => {
  for (const path of ['base/config.env', 'overlays/production/kustomization.yaml']) {
    const lines = readFile(path).split('\n');
    const at = lines.findIndex((line) => line.includes('TRUST_PROXY='));
    const value = lines[at]!.split('TRUST_PROXY=')[1]!;
    expect(parseConfig({ TRUST_PROXY: value }).http.trustProxy).toEqual([
      expect.stringMatching(/^[\d.]+\/\d+$/),
    ]);
    const comment = lines.slice(0, at).findLastIndex((line) => !line.trim().startsWith('#'));
    expect(lines.slice(comment + 1, at).join('\n')).toContain('# PLACEHOLDER: ');
  }
});

test('the probes use paths that the service answers, and wait longer than it may take', async () => {
  const app = await tApp();
  const { startupProbe, livenessProbe, readinessProbe } = container;
  for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
    expect(httpGet.port).toBe('http');
    expect((await fetch(app.url + httpGet.path)).status).toBe(200);
  }
  expect(livenessProbe.httpGet.path).toBe('/health/live');
  expect(readinessProbe.httpGet.path).toBe('/health/ready');
  // The service waits two seconds for each dependency.
  expect(readinessProbe.timeoutSeconds).toBeGreaterThan(2);
});

test('the grace period is longer than preStop and the deadline together', () => {
  const [command, seconds] = container.lifecycle.preStop.exec.command;
  expect(command).toBe('sleep');
  const { deadlineMs, drainMs } = config.shutdown;
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(seconds) + deadlineMs / 1000 + 5);
  // Clients are closed within 80 % of the deadline, and the last of them may take 2.5 s to answer.
  expect(drainMs).toBeLessThanOrEqual(deadlineMs * 0.8 - 2_500);
});

test('preStop takes longer than it takes until no new connections come', () => {
  expect(Number(container.lifecycle.preStop.exec.command[1])).toBeGreaterThanOrEqual(5);
});

test('no container runs as root or can write to its file system', () => {
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(container.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

describe('the numbers of pods', () => {
  const { spec: autoscaler } = the<Autoscaler>(base, 'HorizontalPodAutoscaler');

  test('start between the bounds of the autoscaler', () => {
    expect(autoscaler).toMatchObject({ minReplicas: 2, maxReplicas: 10 });
    expect(spec.replicas).toBeGreaterThanOrEqual(autoscaler.minReplicas);
    expect(spec.replicas).toBeLessThanOrEqual(autoscaler.maxReplicas);
  });

  test('have room for their connections in a PostgreSQL as it comes, while one is replaced', () => {
    const { maxSurge } = spec.strategy.rollingUpdate;
    const { record } = config;
    if (record.kind !== 'postgres') throw new Error('The pods share a PostgreSQL.');
    // Of max_connections = 100, three are kept for superusers.
    expect((autoscaler.maxReplicas + maxSurge) * record.maxConnections).toBeLessThanOrEqual(97);
  });

  test('leave one pod to serve while nodes are drained', () => {
    const budget = the<{ spec: { maxUnavailable: number } }>(base, 'PodDisruptionBudget').spec;
    expect(budget.maxUnavailable).toBeLessThan(autoscaler.minReplicas);
  });

  test('follow a metric that the service has, and that Prometheus passes on', async () => {
    const { pods } = autoscaler.metrics.find(({ type }) => type === 'Pods')!;
    const name = pods!.metric.name;
    const app = await tApp();
    expect(await (await fetch(`${app.url}/metrics`)).text()).toContain(`# TYPE ${name} gauge`);
    expect(readFile('monitoring/prometheus-adapter.yaml')).toContain(`as: ${name}\n`);
  });

  test('grow before the memory of a pod is full', () => {
    const { pods } = autoscaler.metrics.find(({ type }) => type === 'Pods')!;
    const sockets = Number(pods!.target.averageValue);
    const limitMiB = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)![1]);
    // 165 MB idle, and three times the memory that docs/operations.md plans for a socket with two subscriptions.
    expect(165 + (sockets * 3 * 30) / 1000).toBeLessThan(limitMiB);
  });
});

test('every selector selects the pods', () => {
  const wanted = { 'app.kubernetes.io/name': 'dispatch-subgraph' };
  expect(spec.selector.matchLabels).toEqual(wanted);
  expect(spec.template.metadata.labels).toMatchObject(wanted);
  const service = the<{ spec: { selector: object; ports: { targetPort: string }[] } }>(base, 'Service').spec;
  expect(service.selector).toEqual(wanted);
  expect(service.ports.map(({ targetPort }) => targetPort)).toEqual(['http', 'metrics']);
  for (const kind of ['PodDisruptionBudget', 'NetworkPolicy']) {
    const { selector, podSelector } = the<{ spec: Record<string, { matchLabels: object }> }>(base, kind).spec;
    expect((selector ?? podSelector)!.matchLabels).toEqual(wanted);
  }
});

test('the ingress keeps silent sockets for longer than the time between pings, and accepts bodies as large as the service does', () => {
  const { annotations } = the<{ metadata: { annotations: Record<string, string> } }>(
    readFolder('ingress'),
    'Ingress',
  ).metadata;
  const of = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`]!;
  const twoPingsS = (2 * config.websocket.keepAliveMs) / 1000;
  expect(Number(of('proxy-read-timeout'))).toBeGreaterThan(twoPingsS);
  expect(Number(of('proxy-send-timeout'))).toBeGreaterThan(twoPingsS);
  expect(of('proxy-body-size')).toBe(`${config.http.maxBodyBytes / 1024}k`);
});

(hasKubectl ? describe : describe.skip).each(overlays)('the overlay %s, rendered', (overlay) => {
  const manifests = hasKubectl ? renderOverlay(overlay) : [];

  test('makes an environment with which the service starts', () => {
    const { data } = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name !== 'dispatch-subgraph-dashboards',
    ) as unknown as { data: Record<string, string> };
    const secrets = manifests
      .filter(({ kind }) => kind === 'Secret')
      .flatMap((secret) => Object.entries(secret['data'] as Record<string, string>))
      .map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]);
    const given = overlay === 'dev' ? {} : { JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz', ...urls };
    const parsed = parseConfig({ ...data, ...Object.fromEntries(secrets), ...given });
    expect(parsed.stores.kind).toBe('redis');
    expect(parsed.record.kind).toBe('postgres');
    expect(parsed.warnings).toEqual([]);
    expect(parsed.http.port).toBe(config.http.port);
  });

  test('gives the pods the generated ConfigMap, and a Secret', () => {
    const deployment = the<{ spec: { template: { spec: { containers: { envFrom: EnvFrom[] }[] } } } }>(
      manifests,
      'Deployment',
    );
    const [configMap, secret] = deployment.spec.template.spec.containers[0]!.envFrom;
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toContain(`ConfigMap ${configMap!.configMapRef!.name}`);
    if (overlay === 'dev') expect(names).toContain(`Secret ${secret!.secretRef!.name}`);
    // The Secret is applied by hand: an overlay with one would overwrite it.
    else expect(names.filter((name) => name.startsWith('Secret'))).toEqual([]);
  });
});

const urls = { REDIS_URL: 'rediss://redis.example', DATABASE_URL: 'postgres://postgresql.example/dispatch' };

interface EnvFrom {
  readonly configMapRef?: { readonly name: string };
  readonly secretRef?: { readonly name: string };
}
