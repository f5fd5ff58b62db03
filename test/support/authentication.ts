/** Owns how tests ask a service over HTTP, whether it runs in the same process or in another one. */
import { issueToken, type TokenClaims } from '../../src/auth/issue-token.ts';
import type { Config } from '../../src/config/config.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';

export interface GraphQLAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface Asking {
  /** Of a dispatcher unless the claims say otherwise; good for an hour unless told. */
  token(claims?: Partial<TokenClaims>, ttlMs?: number): Promise<string>;
  /** Asks over HTTP, as a dispatcher unless a token is given. */
  ask<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    token?: string,
  ): Promise<GraphQLAnswer<T>>;
  /** The value of a metric, all its labels together; 0 when it was never touched. */
  metric(name: string): Promise<number>;
}

/** `config` says with which secret tokens are made, `clock` from when on they hold; `path` where GraphQL is served. */
export function createAsking(
  url: string,
  config: Pick<Config, 'auth' | 'secrets'>,
  path = '/graphql',
  clock: Clock = systemClock,
): Asking {
  const token = (claims: Partial<TokenClaims> = {}, ttlMs = 3_600_000) =>
    issueToken(config, { sub: 'ana', role: 'dispatcher', ...claims }, { ttlMs, clock });
  return {
    token,
    async ask(query, variables = {}, given) {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${given ?? (await token())}` },
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
