/** A client for tests: makes tokens, sends requests over HTTP and reads metrics of a service in this or another process. */
import { issueToken, type TokenClaims } from '../../src/auth/issue-token.ts';
import type { Config } from '../../src/config/config.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';

export interface GraphQLAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface TestClient {
  /** A token of a dispatcher, unless the claims say otherwise; it is valid for an hour by default. */
  token(claims?: Partial<TokenClaims>, ttlMs?: number): Promise<string>;
  /** Sends a request, as a dispatcher unless a token is given. */
  ask<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    token?: string,
  ): Promise<GraphQLAnswer<T>>;
  /** The sum of a metric over all of its labels; 0 when it has no values yet. */
  metric(name: string): Promise<number>;
}

/** `config` has the secret for tokens; `path` is the path of GraphQL. */
export function createTestClient(
  url: string,
  config: Pick<Config, 'auth' | 'secrets'>,
  path = '/graphql',
  clock: Clock = systemClock,
): TestClient {
  const token = (claims: Partial<TokenClaims> = {}, ttlMs = 3_600_000) =>
    issueToken(config, { sub: 'ana', role: 'dispatcher', ...claims }, { ttlMs, clock });
  return {
    token,
    async ask(query, variables = {}, given) {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json;q=0.9',
          authorization: `Bearer ${given ?? (await token())}`,
        },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text
        .split('\n')
        .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}
