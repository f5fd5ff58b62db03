/** Proves that /graphql follows the specification of GraphQL over HTTP. */
import { expect, test } from '@jest/globals';
import { auditServer } from 'graphql-http';
import { tApp } from '../support/app.ts';

/**
 * Warnings of the audit that are accepted. It recommends 200 for requests that were not executed when the client accepts
 * application/json; the specification allows a 4xx too. Apollo Server answers 400, so that monitoring, proxies and clients that
 * know nothing of GraphQL see that the request failed; clients of Apollo's servers expect it.
 */
const knownWarnings = [
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
];

test('the audit of graphql-http finds no errors, and only the warnings that are accepted here', async () => {
  const app = await tApp();
  const authorization = `Bearer ${await app.token()}`;
  const results = await auditServer({
    url: `${app.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization } }),
  });
  const named = (status: string) =>
    results.filter((result) => result.status === status).map(({ name }) => name);
  expect(named('error')).toEqual([]);
  expect(named('warn').sort()).toEqual(knownWarnings.sort());
  expect(named('ok').length).toBeGreaterThan(50);
});
