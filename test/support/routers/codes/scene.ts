/** Where each error code is provoked: a router, a service with small limits, and a PostgreSQL that can be broken. */
import type { TokenClaims } from '../../../../src/auth/issue-token.ts';
import { createDispatch } from '../../operations.ts';
import { tPostgres, type TestPostgres } from '../../postgres.ts';
import type { RealRouter } from '../behind-router.ts';

export interface Scene {
  readonly router: RealRouter;
  readonly postgres: TestPostgres;
  /** A dispatch. */
  readonly id: string;
  /** A token of a dispatcher of this name. Limits of viewers are each case's own if its viewers are. */
  token(sub: string, claims?: Partial<TokenClaims>, ttlMs?: number): Promise<string>;
}

/** Small enough to be met by one viewer in a moment. */
const limits = {
  RATE_LIMIT_SCALE: '1',
  REQUESTS_PER_MINUTE: '20',
  SUBSCRIBES_PER_MINUTE: '2',
  MAX_SUBSCRIPTIONS_PER_VIEWER: '1',
  MAX_COST: '2000',
  MAX_EVENT_COST: '200',
  MAX_BODY_BYTES: '20000',
  MAX_FRAME_BYTES: '20000',
  MAX_RESULT_BYTES: '10000',
  EXCLUSIVE_AMBULANCES: 'on',
};

/** Everything ends with the test, but PostgreSQL, which the caller stops. */
export async function tScene(tRouter: (env: Record<string, string>) => Promise<RealRouter>): Promise<Scene> {
  const postgres = await tPostgres();
  try {
    const router = await tRouter({ ...limits, DATABASE_URL: postgres.url });
    return {
      router,
      postgres,
      id: await createDispatch(router.service.client, { observaciones: 'x'.repeat(1_000) }),
      token: (sub, claims = {}, ttlMs) => router.token({ sub, ...claims }, ttlMs),
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
