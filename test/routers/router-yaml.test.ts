/** Proves that router.yaml, the recommended configuration of Apollo Router, fits this service in both of its modes. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { graphqlPath } from '../../src/http/graphql.ts';
import { takeIn } from '../support/routers/take-in.ts';

const text = readFileSync(new URL('../../router.yaml', import.meta.url), 'utf8');

interface Passthrough {
  readonly max_reconnect_attempts?: number;
  readonly reconnect_delay?: string;
}

interface RouterConfig {
  readonly headers: { readonly all: { readonly request: readonly { propagate: { named: string } }[] } };
  readonly include_subgraph_errors: { readonly all: boolean };
  readonly subscription: {
    readonly deduplication: { readonly enabled: boolean };
    readonly queue_capacity: number;
    readonly mode: {
      readonly passthrough?: { readonly subgraphs: Readonly<Record<string, Passthrough>> };
      readonly callback?: {
        readonly public_url: string;
        readonly path: string;
        readonly subgraphs: string[];
      };
    };
  };
}

/** The file changed as its comments say: without passthrough, and with the lines for callbacks. */
function withCallback(): RouterConfig {
  const withoutPassthrough = text.replace(/^ {4}passthrough:\n(?: {6}.*\n)+/m, '');
  return parse(takeIn(withoutPassthrough, ['callback'])) as RouterConfig;
}

const passthrough = parse(text) as RouterConfig;
const name = 'websocket';

test('it names this service as the supergraph does, with its path and its protocol', () => {
  const subgraphs = readSupergraph(new URL('../..', import.meta.url).pathname, 'supergraph.yaml');
  expect(subgraphs.map((subgraph) => subgraph.name)).toContain(name);
  expect(passthrough.subscription.mode).toEqual({
    passthrough: {
      subgraphs: { [name]: { path: graphqlPath, protocol: 'graphql_ws', heartbeat_interval: '10s' } },
    },
  });
});

test('its callback mode has the same subgraph, and a public address that ends with the path that it listens on', () => {
  const { mode } = withCallback().subscription;
  expect(mode.passthrough).toBeUndefined();
  expect(mode.callback?.subgraphs).toEqual([name]);
  expect(new URL(mode.callback!.public_url).pathname).toBe(mode.callback!.path);
  expect(text).toContain(`CALLBACK_ORIGINS=${mode.callback!.public_url} `);
});

test('it hands x-forwarded-for on only as a comment, which is good YAML when it is taken in', () => {
  const names = ({ headers }: RouterConfig) => headers.all.request.map(({ propagate }) => propagate.named);
  const named = ['authorization', 'x-request-id', 'idempotency-key'];
  expect(names(passthrough)).toEqual(named);
  const takenIn = takeIn(text, ['- propagate']);
  expect(names(parse(takenIn) as RouterConfig)).toEqual([...named, 'x-forwarded-for']);
});

test('attempts to reconnect are a comment, for routers that know of them; taken in they suffice for a rolling restart', () => {
  const subgraph = ({ subscription }: RouterConfig) => subscription.mode.passthrough!.subgraphs[name]!;
  expect(subgraph(passthrough)).not.toHaveProperty('max_reconnect_attempts');
  const takenIn = parse(takeIn(text, ['max_reconnect_attempts'])) as RouterConfig;
  expect(subgraph(takenIn).max_reconnect_attempts).toBeGreaterThanOrEqual(5);
  expect(subgraph(takenIn).reconnect_delay).toBe('1s');
  expect(takenIn.subscription.deduplication.enabled).toBe(false);
});

test.each([
  ['passthrough', passthrough],
  ['callback', withCallback()],
])('with %s tokens and error codes pass, and no stream is shared', (_, config) => {
  expect(config.headers.all.request.map(({ propagate }) => propagate.named)).toContain('authorization');
  expect(config.include_subgraph_errors.all).toBe(true);
  expect(config.subscription.deduplication.enabled).toBe(false);
  expect(config.subscription.queue_capacity).toBeGreaterThan(1_000);
});
