/** Proves that hive-router.yaml, the recommended configuration of Hive Router, fits this service in all of its ways. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { parseConfig } from '../../src/config/config.ts';
import { graphqlPath } from '../../src/http/graphql.ts';
import { takeIn } from '../support/routers/take-in.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('hive-router.yaml', root), 'utf8');

interface HiveRouterConfig {
  readonly headers: { readonly all: { readonly request: readonly { propagate: { named: string } }[] } };
  readonly error_masking: { readonly enabled: boolean };
  readonly subscriptions: {
    readonly enabled: boolean;
    readonly broadcast_capacity: number;
    readonly subgraph_buffer_capacity: number;
    readonly websocket?: { readonly subgraphs: Readonly<Record<string, { readonly path: string }>> };
    readonly callback?: {
      readonly public_url: string;
      readonly path: string;
      readonly subgraphs: readonly string[];
    };
  };
  readonly override_subgraph_urls?: {
    readonly subgraphs: Readonly<Record<string, { readonly url: string }>>;
  };
  readonly traffic_shaping: {
    readonly router: {
      readonly dedupe: { readonly enabled: boolean };
      readonly max_long_lived_clients: number;
    };
    readonly all: { readonly max_aliases_per_request: number };
  };
}

const read = (...names: string[]) => parse(takeIn(text, names)) as HiveRouterConfig;
const name = 'websocket';

test('its ways name this service as the supergraph does, with its paths', () => {
  const subgraphs = readSupergraph(root.pathname, 'supergraph.yaml');
  expect(subgraphs.map((subgraph) => subgraph.name)).toContain(name);
  expect(read().subscriptions).toEqual({
    enabled: true,
    broadcast_capacity: expect.any(Number) as unknown,
    subgraph_buffer_capacity: expect.any(Number) as unknown,
  });
  expect(read('websocket').subscriptions.websocket).toEqual({ subgraphs: { [name]: { path: graphqlPath } } });
  const { callback } = read('callback').subscriptions;
  expect(callback?.subgraphs).toEqual([name]);
  expect(new URL(callback!.public_url).pathname).toBe(callback!.path);
  expect(text).toContain(`CALLBACK_ORIGINS=${callback!.public_url} `);
  expect(Object.keys(read('override_subgraph_urls').override_subgraph_urls!.subgraphs)).toEqual(
    subgraphs.map((subgraph) => subgraph.name),
  );
});

test('tokens, keys and messages pass, and x-forwarded-for only where it is taken in', () => {
  const named = ({ headers }: HiveRouterConfig) =>
    headers.all.request.map(({ propagate }) => propagate.named);
  expect(named(read())).toEqual(['authorization', 'x-request-id', 'idempotency-key']);
  expect(named(read('- propagate'))).toEqual([...named(read()), 'x-forwarded-for']);
  expect(read().error_masking).toEqual({ enabled: false });
});

test('no stream is shared, and its limits are not narrower than those of this service', () => {
  const { subscriptions, traffic_shaping: shaping } = read();
  const { limits } = parseConfig({});
  expect(shaping.router.dedupe.enabled).toBe(false);
  expect(shaping.router.max_long_lived_clients).toBeGreaterThan(1_000);
  expect(shaping.all.max_aliases_per_request).toBe(limits.maxAliases);
  expect(Math.min(subscriptions.broadcast_capacity, subscriptions.subgraph_buffer_capacity)).toBeGreaterThan(
    1_000,
  );
});
