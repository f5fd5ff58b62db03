/** Proves that long answers are compressed for clients that accept it, and that streams are not. */
import { request, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { createDispatch, dispatchUpdated } from '../support/operations.ts';
import { tParts } from '../support/multipart.ts';
import { tEventStream } from '../support/event-stream.ts';

/** Long, and of few dispatches. */
const long = `{ despachos { ${Array.from({ length: 60 }, (_, index) => `a${index}: observaciones`).join(' ')} } }`;
const short = '{ __typename }';

async function tAsk(app: RunningApp, query: string, headers: Record<string, string>) {
  const authorization = `Bearer ${await app.token()}`;
  const sent = request(`${app.url}/graphql`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
  });
  sent.end(JSON.stringify({ query }));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return { headers: response.headers, bytes: await buffer(response) };
}

async function tListed() {
  const app = await tApp({ CORS_ORIGIN: 'https://board.example', MAX_ALIASES: '100' });
  await Promise.all(Array.from({ length: 10 }, () => createDispatch(app)));
  return app;
}

describe('a long answer', () => {
  test.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip;q=1, br;q=0.5', 'gzip', gunzipSync],
  ])('for who accepts %s is %s', async (accepted, encoding, inflate) => {
    const app = await tListed();
    const plain = await tAsk(app, long, {});
    expect(plain.headers['content-encoding']).toBeUndefined();
    const { headers, bytes } = await tAsk(app, long, { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-length']).toBe(String(bytes.length));
    expect(inflate(bytes).equals(plain.bytes)).toBe(true);
    expect(plain.bytes.length / bytes.length).toBeGreaterThan(5);
  });

  test('differs by what is accepted, and by the origin, and caches are told so', async () => {
    const app = await tListed();
    const origin = 'https://board.example';
    for (const more of [{}, { 'accept-encoding': 'br' }]) {
      const { headers } = await tAsk(app, long, { origin, ...more });
      expect(headers.vary?.toLowerCase().split(/, */)).toEqual(['origin', 'accept-encoding']);
    }
  });

  test.each(['identity', 'br;q=0, gzip;q=0', 'zstd'])('for who accepts %s is as it is', async (accepted) => {
    const app = await tListed();
    const { headers, bytes } = await tAsk(app, long, { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(bytes.toString())).toHaveProperty('data.despachos');
  });
});

test('a short answer is as it is, and so is every one where that is switched off', async () => {
  const app = await tApp();
  const { headers } = await tAsk(app, short, { 'accept-encoding': 'br' });
  expect(headers['content-encoding']).toBeUndefined();
  const off = await tApp({ HTTP_COMPRESSION: 'off' });
  const answer = await tAsk(off, '{ __schema { types { name description } } }', { 'accept-encoding': 'br' });
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect(answer.bytes.length).toBeGreaterThan(2_048);
});

test('streams are not compressed, and show each event at once', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const token = await app.token();
  const body = { query: dispatchUpdated, variables: { id } };
  const headers = { 'accept-encoding': 'br, gzip' };
  const events = await tEventStream(`${app.url}/graphql`, { token, body, headers });
  await events.until((stream) => stream.events.length === 1);
  expect(events.response.headers['content-encoding']).toBeUndefined();
  const parts = await tParts(app.url, { token, body, headers });
  await parts.until(({ payloads }) => payloads.length === 1);
  expect(parts.response.headers['content-encoding']).toBeUndefined();
});
