/** Proves that alerts and dashboards query only what the service measures. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { createMetrics } from '../../src/observability/metrics.ts';
import { tApp } from '../support/app.ts';
import { readFile, readFolder, the } from '../support/manifests.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

const rules = the<{ spec: { groups: { rules: Rule[] }[] } }>(
  readFolder('monitoring'),
  'PrometheusRule',
).spec.groups.flatMap((group) => group.rules);
const dashboards = ['dispatch-service', 'dispatch-process'].map(
  (name) => JSON.parse(readFile(`grafana/${name}.json`)) as Dashboard,
);
const panels = dashboards.flatMap((dashboard) => dashboard.panels);

interface Query {
  readonly from: string;
  readonly expr: string;
}
const queries: Query[] = [
  ...rules.map(({ alert, expr }) => ({ from: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ from: title, expr }))),
];

/** The metrics and labels of a query. Grafana's variables are replaced by durations, outside of strings. */
function take({ from, expr }: Query) {
  const text = expr.replaceAll(/\$__(rate_interval|range)/g, '5m');
  const found = { metrics: [] as string[], labels: [] as string[], errors: [] as string[] };
  parser.parse(text).iterate({
    enter({ name, from: start, to }) {
      const here = text.slice(start, to);
      if (name === 'Identifier') found.metrics.push(here);
      if (name === 'LabelName') found.labels.push(here);
      if (name === '⚠') found.errors.push(`${from}: ${text.slice(0, start)} <- here`);
    },
  });
  return found;
}

/** Labels that Prometheus adds for a target or a histogram. */
const added = ['job', 'pod', 'namespace', 'instance', 'le'];

describe('every query', () => {
  test('can be parsed', () => {
    expect(queries.length).toBeGreaterThan(40);
    expect(take({ from: 'a', expr: 'sum by (le (up)' }).errors).not.toEqual([]);
    expect(queries.flatMap((query) => take(query).errors)).toEqual([]);
  });

  test('uses metrics that a running service has', async () => {
    const app = await tApp();
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const shown = new Set(['up']);
    for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      const endings = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const ending of endings) shown.add(name + ending);
    }
    const asked = queries.flatMap((query) => take(query).metrics);
    expect(asked.filter((name) => !shown.has(name))).toEqual([]);
  });

  test('uses labels that its metrics have', async () => {
    const labelsOf = new Map<string, readonly string[]>([['up', []]]);
    const { registry } = createMetrics();
    for (const metric of registry.getMetricsAsArray()) {
      const { name, labelNames = [] } = metric as { name: string; labelNames?: readonly string[] };
      for (const ending of ['', '_bucket', '_sum', '_count']) labelsOf.set(name + ending, labelNames);
    }
    for (const query of queries) {
      const { metrics, labels } = take(query);
      const known = [...added, ...metrics.flatMap((name) => labelsOf.get(name)!)];
      expect({ query, unknown: labels.filter((label) => !known.includes(label)) }).toEqual({
        query,
        unknown: [],
      });
    }
  });

  test('uses values of labels that exist, where the service counts them from its start', async () => {
    const app = await tApp();
    const text = await (await fetch(`${app.url}/metrics`)).text();
    for (const metric of ['dispatch_subscribes_total', 'dispatch_event_log_gaps_total']) {
      const values = [...text.matchAll(new RegExp(`^${metric}{outcome="(\\w+)"}`, 'gm'))].map(([, v]) => v);
      const asked = queries.flatMap(({ expr }) =>
        [...expr.matchAll(new RegExp(`${metric}{[^}]*outcome=~?"([^"]+)"`, 'g'))].flatMap(([, v]) =>
          v!.split('|'),
        ),
      );
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((value) => !values.includes(value))).toEqual([]);
    }
  });
});

test('every metric of the service is on a dashboard', () => {
  const { registry } = createMetrics();
  const own = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('dispatch_'));
  const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
  expect(own.map(({ name }) => name).filter((name) => !shown.includes(name))).toEqual([]);
});

test('the objectives are in the first row', () => {
  const titles = dashboards[0]!.panels.slice(0, 4).map(({ title }) => title);
  expect(titles).toEqual(['Objectives', 'Publish to socket, p99', 'Delivery success', 'Resume success']);
});

test('no two panels overlap', () => {
  for (const { panels: own } of dashboards)
    for (const [index, { title, gridPos: a }] of own.entries()) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      const under = own
        .slice(index + 1)
        .filter(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h);
      expect({ title, under }).toEqual({ title, under: [] });
    }
});

test('every alert is described in the operations guide', () => {
  const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const { alert, annotations } of rules) {
    const { protocol, pathname, hash } = new URL(annotations.runbook_url);
    const [file, anchor] = [pathname.slice(1), hash.slice(1)];
    expect(protocol).toBe('https:');
    expect(file).toBe('docs/operations.md');
    expect(anchor).toBe(alert.toLowerCase());
    expect(headings).toContain(anchor);
  }
});
