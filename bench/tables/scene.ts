/** The service on a database that was filled: started in this process, and asked as its clients ask it. */
import { createClient, type Client } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { createApp } from '../../src/app.ts';
import { issueToken } from '../../src/auth/issue-token.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';

export interface Scene extends AsyncDisposable {
  readonly url: string;
  /** The header of whoever asks. */
  readonly authorization: string;
  /** How long the start took, milliseconds. */
  readonly startMs: number;
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** The stock client. */
  readonly client: Client;
}

export async function openScene(env: Record<string, string>): Promise<Scene> {
  const config = parseConfig({
    ...{ NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', RATE_LIMIT_SCALE: '0', SHUTDOWN_DRAIN_MS: '0' },
    // Deleting is measured by itself.
    ...{ EVENT_RETENTION_DAYS: '3650', LOCATION_RETENTION_DAYS: '3650', MESSAGE_RETENTION_DAYS: '3650' },
    ...env,
  });
  const app = createApp(config, { log: pino({ level: 'silent' }) });
  const startedAt = performance.now();
  const { url } = await app.start();
  const startMs = performance.now() - startedAt;
  const claims = { sub: 'ana', role: 'admin' };
  const authorization = `Bearer ${await issueToken(config, claims, { ttlMs: 3_600_000, clock: systemClock })}`;
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
  });
  return {
    ...{ url, authorization, startMs, client },
    async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    async [Symbol.asyncDispose]() {
      await client.dispose();
      await app.close();
    },
  };
}
