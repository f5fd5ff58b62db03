/** The promises of verifying tokens with an issuer's key set, over HTTP, through rotation and outage. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { pino } from 'pino';
import { parseToken } from '../../src/auth/request-token.ts';
import { createTokenVerifier } from '../../src/auth/tokens.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLogger, type Logger } from '../../src/observability/log.ts';
import { ManualClock } from '../support/clock.ts';
import { tIssuer, tKey } from '../support/issuer.ts';

const minuteMs = 60_000;
const ana = { sub: 'ana', role: 'dispatcher' };

const refusedForSignature = expect.objectContaining({
  extensions: { code: 'UNAUTHENTICATED', reason: 'SIGNATURE' },
});
const refusedForAlgorithm = expect.objectContaining({
  extensions: { code: 'UNAUTHENTICATED', reason: 'ALGORITHM' },
});
const unavailable = expect.objectContaining({ extensions: { code: 'UPSTREAM_UNAVAILABLE' } });

function tVerifier(jwksUrl: string, log: Logger = createLogger('silent')) {
  const clock = new ManualClock();
  const verifyToken = createTokenVerifier(parseConfig({ JWKS_URL: jwksUrl }), clock, log);
  const verify = async (text: string) => verifyToken(parseToken(text), null);
  return { clock, verify };
}

describe('a key set', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('verifies %s', async (alg) => {
    const key = await tKey('one', alg);
    const issuer = await tIssuer(key);
    const { verify } = tVerifier(issuer.url);
    expect(await verify(await key.sign(ana))).toMatchObject({ id: 'ana', role: 'dispatcher' });
  });

  test('is fetched once for many tokens at once', async () => {
    const key = await tKey('one');
    const issuer = await tIssuer(key);
    const { verify } = tVerifier(issuer.url);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, id) => key.sign({ sub: `viewer-${id}` })),
    );
    const viewers = await Promise.all(tokens.map(verify));
    expect(viewers.map(({ id }) => id)).toEqual(tokens.map((_, id) => `viewer-${id}`));
    expect(issuer.requests).toBe(1);
  });

  test('verifies tokens that name no key', async () => {
    const [one, two, stranger] = await Promise.all([tKey('one'), tKey('two'), tKey('three')]);
    const issuer = await tIssuer(one, two);
    const { verify } = tVerifier(issuer.url);
    expect(await verify(await two.sign(ana, {}))).toMatchObject({ id: 'ana' });
    await expect(verify(await stranger.sign(ana, {}))).rejects.toEqual(refusedForSignature);
  });
});

describe('a key that verifies nothing', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const weakJwk: JWK = { ...(weak.publicKey.export({ format: 'jwk' }) as JWK), kid: 'weak', alg: 'RS256' };
  const nonsense = [
    { kty: 'RSA', kid: 'empty', alg: 'RS256' },
    { kty: 'oct', kid: 'shared', k: 'c2VjcmV0', alg: 'HS256' },
    { kty: 'EC', kid: 'nowhere', crv: 'P-256', x: 'AA', y: 'AA', alg: 'ES256' },
    null,
    'key',
  ];

  test('is left out and complained about once; tokens of the others are verified', async () => {
    const good = await tKey('good', 'RS256');
    const issuer = await tIssuer(good);
    issuer.answerWith(200, JSON.stringify({ keys: [weakJwk, ...nonsense, good.publicJwk] }));
    const complaints: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void complaints.push(line) });
    const { clock, verify } = tVerifier(issuer.url, log);
    const header = { alg: 'RS256', kid: 'weak' };
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (let count = 0; count < 3; count++) {
      expect(await verify(await good.sign(ana))).toMatchObject({ id: 'ana' });
      for (const named of [header, { alg: 'RS256' }, { alg: 'ES256', kid: 'nowhere' }])
        await expect(verify(`${encode(named)}.${encode(ana)}.AAAA`)).rejects.toEqual(refusedForSignature);
      await clock.advance(11 * minuteMs);
    }
    expect(issuer.requests).toBeGreaterThan(1);
    expect(complaints.filter((line) => line.includes('"kid":"weak"'))).toHaveLength(1);
    expect(complaints).toHaveLength(1 + new Set(nonsense.map((key) => (key as JWK | null)?.kid)).size);
  });
});

describe('a forged token', () => {
  test('signed by somebody else in the name of a known key is refused', async () => {
    const issuer = await tIssuer(await tKey('one'));
    const { verify } = tVerifier(issuer.url);
    const forger = await tKey('one');
    await expect(verify(await forger.sign(ana))).rejects.toEqual(refusedForSignature);
  });

  test('that takes the public key for an HMAC secret is refused', async () => {
    const key = await tKey('one', 'RS256');
    const issuer = await tIssuer(key);
    const { verify } = tVerifier(issuer.url);
    const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' });
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      Buffer.from(key.publicJwk.n ?? ''),
    ]) {
      const token = new SignJWT(ana).setProtectedHeader({ alg: 'HS256', kid: 'one' });
      await expect(verify(await token.sign(Buffer.from(secret)))).rejects.toEqual(refusedForAlgorithm);
    }
    expect(issuer.requests).toBe(0);
  });

  test('without a signature is refused', async () => {
    const issuer = await tIssuer(await tKey('one'));
    const { verify } = tVerifier(issuer.url);
    await expect(verify(new UnsecuredJWT(ana).encode())).rejects.toEqual(refusedForAlgorithm);
  });

  test('cannot make the service flood the issuer', async () => {
    const issuer = await tIssuer(await tKey('one'));
    const { verify } = tVerifier(issuer.url);
    for (let id = 0; id < 20; id++) {
      const forger = await tKey(`invented-${id}`);
      await expect(verify(await forger.sign(ana))).rejects.toEqual(refusedForSignature);
    }
    expect(issuer.requests).toBe(1);
  });
});

describe('rotation', () => {
  test('is noticed with the first token of a new key', async () => {
    const [old, next] = await Promise.all([tKey('old'), tKey('next')]);
    const issuer = await tIssuer(old);
    const { verify, clock } = tVerifier(issuer.url);
    await verify(await old.sign(ana));

    issuer.publish(old, next);
    await clock.advance(10_000);
    expect(await verify(await next.sign({ sub: 'bea' }))).toMatchObject({ id: 'bea' });
  });

  test('ends an old key soon after its issuer withdrew it', async () => {
    const [old, next] = await Promise.all([tKey('old'), tKey('next')]);
    const issuer = await tIssuer(old);
    const { verify, clock } = tVerifier(issuer.url);
    const token = await old.sign(ana);
    await verify(token);

    issuer.publish(next);
    await clock.advance(10 * minuteMs);
    // This token may still pass, while the keys are fetched because of it.
    await verify(token);
    expect(await verify(await next.sign({ sub: 'bea' }))).toMatchObject({ id: 'bea' });
    await clock.advance(5 * minuteMs);
    await expect(verify(token)).rejects.toEqual(refusedForSignature);
  });
});

describe('an issuer that is away', () => {
  test.each<[string, (issuer: Awaited<ReturnType<typeof tIssuer>>) => unknown]>([
    ['is not there', (issuer) => issuer.close()],
    ['answers with an error', (issuer) => issuer.answerWith(503, '{}')],
    ['answers with something else', (issuer) => issuer.answerWith(200, '<html>')],
    ['answers with no keys', (issuer) => issuer.answerWith(200, '{"keys":"none"}')],
  ])('because it %s is an error that says so, and no refusal of the token', async (_name, breakIssuer) => {
    const key = await tKey('one');
    const issuer = await tIssuer(key);
    await breakIssuer(issuer);
    const { verify } = tVerifier(issuer.url);
    await expect(verify(await key.sign(ana))).rejects.toEqual(unavailable);
  });

  test('is asked again, but not for every token, and trusted when it is back', async () => {
    const key = await tKey('one');
    const issuer = await tIssuer(key);
    issuer.answerWith(500, '');
    const { verify, clock } = tVerifier(issuer.url);
    const token = await key.sign(ana);
    for (let attempt = 0; attempt < 5; attempt++) await expect(verify(token)).rejects.toEqual(unavailable);
    expect(issuer.requests).toBe(1);

    issuer.publish(key);
    await clock.advance(1_000);
    expect(await verify(token)).toMatchObject({ id: 'ana' });
  });

  test('keeps nobody waiting for long', async () => {
    const key = await tKey('one');
    const issuer = await tIssuer(key);
    issuer.fallSilent();
    const { verify, clock } = tVerifier(issuer.url);
    const verdict = expect(verify(await key.sign(ana))).rejects.toEqual(unavailable);
    await clock.advance(5_000);
    await verdict;
  });

  test('locks out no viewer whose key is known', async () => {
    const [key, unknown] = await Promise.all([tKey('one'), tKey('two')]);
    const issuer = await tIssuer(key);
    const { verify, clock } = tVerifier(issuer.url);
    await verify(await key.sign(ana));

    await issuer.close();
    await clock.advance(60 * minuteMs);
    expect(await verify(await key.sign({ sub: 'bea' }))).toMatchObject({ id: 'bea' });
    await expect(verify(await unknown.sign(ana))).rejects.toEqual(unavailable);

    await clock.advance(12 * 60 * minuteMs);
    await expect(verify(await key.sign({ sub: 'carla' }))).rejects.toEqual(unavailable);
  });
});
