/** Proves that /metrics has what the service measures. */
import { expect, test } from '@jest/globals';
import { version } from '../../src/observability/version.ts';
import { tApp } from '../support/app.ts';
import { post, send } from '../support/http.ts';

test('requests are measured by type and outcome, together with the figures of Node', async () => {
  const app = await tApp();
  await post(app, { body: { query: '{ despachos { id } }' } });
  await post(app, { body: { query: 'mutation { subscribeToDispatch(id: "9") { id } }' } });
  await post(app, { body: { query: '{ despachos { id } }' }, token: null });
  await post(app, { body: '{' });
  const { status, headers, text } = await send(`${app.url}/metrics`);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const counted = [...text.matchAll(/^dispatch_http_request_seconds_count\{(.*)\} (\d+)$/gm)];
  expect(Object.fromEntries(counted.map(([, labels, count]) => [labels, Number(count)]))).toEqual({
    'type="query",outcome="ok"': 1,
    'type="mutation",outcome="NOT_FOUND"': 1,
    'type="none",outcome="UNAUTHENTICATED"': 1,
    'type="none",outcome="BAD_REQUEST"': 1,
  });
  const names = [
    'dispatch_ws_connections',
    'dispatch_subscriptions',
    'dispatch_groups',
    'dispatch_events_total',
    'dispatch_deliveries_total',
    'dispatch_executions_total',
    'dispatch_publish_to_socket_seconds',
    'dispatch_outbox_bytes',
    'dispatch_slow_readers_closed_total',
    'dispatch_rate_limited_total',
    'dispatch_upstream_calls_total',
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
  ];
  expect(names.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  expect(text).toContain(`dispatch_build_info{version="${version}"} 1\n`);
});

test('text that clients choose does not make new series', async () => {
  const app = await tApp();
  for (const name of ['A', 'B', 'C'])
    await post(app, { body: { query: `query ${name} { despachos { id } }` } });
  const { text } = await send(`${app.url}/metrics`);
  expect(text.match(/^dispatch_http_request_seconds_count/gm)).toHaveLength(1);
});

test('their names and units are those that Prometheus asks for', async () => {
  const app = await tApp();
  const { text } = await send(`${app.url}/metrics`);
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
  expect(types.length).toBeGreaterThan(60);
  // As `promtool check metrics` looks at them.
  const wrong = types.filter(
    ([name, type]) =>
      name.endsWith('_total') !== (type === 'counter') ||
      /_(count|sum|bucket)$/.test(name) ||
      name.endsWith('_info') !== ['nodejs_version_info', 'dispatch_build_info'].includes(name) ||
      /(^|_)(ms|milliseconds|minutes|hours|kb|mb|kilobytes|percent)(_|$)/.test(name) ||
      !/^[a-z][a-z0-9_]*$/.test(name),
  );
  expect(wrong).toEqual([]);
  const helped = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  expect(types.filter(([name]) => !helped.has(name))).toEqual([]);
});
