/** The promises of verifying tokens with a secret: which are accepted, and why others are not. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { parseToken } from '../../src/auth/request-token.ts';
import { issueToken } from '../../src/auth/issue-token.ts';
import { permissions } from '../../src/auth/viewer.ts';
import { createTokenVerifier } from '../../src/auth/tokens.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/observability/log.ts';
import { ManualClock } from '../support/clock.ts';

const secret = 'a-secret-of-the-test-that-is-long-enough';
const strong = 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
const minuteMs = 60_000;

function tVerifier(env: Record<string, string> = {}) {
  const config = parseConfig({ JWT_SECRET: secret, ...env });
  const clock = new ManualClock();
  const verifyToken = createTokenVerifier(config, clock, createLogger('silent'));
  const verify = async (text: string) => verifyToken(parseToken(text), null);
  return { config, clock, verify, nowSeconds: clock.now() / 1000 };
}

function sign(claims: JWTPayload, { key = secret, alg = 'HS256' } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(key));
}

function refusedFor(reason: string) {
  return expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED', reason } });
}

const messages = ['view-messages', 'send-messages'];

describe('a good token', () => {
  test('names the viewer', async () => {
    const { verify, nowSeconds } = tVerifier();
    const claims = { sub: '7', name: 'Luis', role: 'paramedic', ambulanciaId: 12, exp: nowSeconds + 60 };
    expect(await verify(await sign(claims))).toEqual({
      id: '7',
      name: 'Luis',
      role: 'paramedic',
      permissions: new Set(['view-dispatches', 'update-dispatch', 'report-location', ...messages]),
      ambulanciaId: '12',
      expiresAt: (nowSeconds + 62) * 1000,
    });
  });

  test('need say no more than who it is, and then allows nothing', async () => {
    const { verify } = tVerifier();
    expect(await verify(await sign({ sub: 'ana' }))).toEqual({
      id: 'ana',
      name: null,
      role: 'unknown',
      permissions: new Set(),
      ambulanciaId: null,
      expiresAt: null,
    });
  });

  test.each([
    ['admin', permissions],
    ['dispatcher', ['view-dispatches', 'create-dispatch', 'update-dispatch', 'view-users', ...messages]],
    ['hospital', ['view-dispatches', ...messages]],
    ['HOSPITAL', ['view-dispatches', ...messages]],
    [' Doctor ', ['view-dispatches', ...messages]],
    ['doctor', ['view-dispatches', ...messages]],
    ['system', ['view-dispatches', 'create-dispatch', 'update-dispatch', 'report-location', ...messages]],
    ['janitor', []],
    ['constructor', []],
  ])('of role %s may do what that role may', async (role, allowed) => {
    const { verify } = tVerifier();
    const viewer = await verify(await sign({ sub: 'ana', role }));
    expect(viewer.permissions).toEqual(new Set(allowed));
  });

  test.each([
    ['admin', []],
    ['janitor', ['view-users']],
  ])('of role %s with permissions of its own has those alone', async (role, own) => {
    const { verify } = tVerifier({ MESSAGE_PERMISSIONS: 'explicit' });
    const viewer = await verify(await sign({ sub: 'ana', role, permissions: own }));
    expect(viewer.permissions).toEqual(new Set(own));
  });

  test.each<[claims: object, messages: readonly string[]]>([
    [{ permissions: ['view-users'] }, messages],
    [{ role: 'doctor', permissions: [] }, messages],
    [{ role: 'doctor', permissions: ['view-messages'] }, ['view-messages']],
    [{ permissions: ['send-messages', 'view-users'] }, ['send-messages']],
    [{ role: 'janitor' }, []],
    [{ permissions: [] }, []],
    [{ role: ' ', permissions: [] }, []],
    [{}, []],
  ])(
    'with %j has of the permissions for messages what the list before there were any had',
    async (claims, has) => {
      const { verify } = tVerifier();
      const { permissions: all } = await verify(await sign({ sub: 'ana', ...claims }));
      expect(messages.filter((permission) => all.has(permission))).toEqual(has);
    },
  );

  test('is what issueToken makes, issuer and audience included', async () => {
    const { verify, config, clock } = tVerifier({
      JWT_ISSUER: 'https://id.example',
      JWT_AUDIENCE: 'dispatch',
    });
    const claims = { sub: 'ana', role: 'dispatcher', ambulanciaId: null };
    const token = await issueToken(config, claims, { ttlMs: minuteMs, clock });
    expect(await verify(token)).toMatchObject({ id: 'ana', role: 'dispatcher', ambulanciaId: null });
  });
});

describe('a token that is not accepted', () => {
  const publicPem = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    type: 'spki',
    format: 'pem',
  }) as string;

  test.each<[string, string, (nowSeconds: number) => string | Promise<string>]>([
    ['without a signature (alg none)', 'ALGORITHM', () => new UnsecuredJWT({ sub: 'ana' }).encode()],
    [
      'signed with another secret',
      'SIGNATURE',
      () => sign({ sub: 'ana' }, { key: 'another-secret'.repeat(3) }),
    ],
    ['signed with a public key as secret', 'SIGNATURE', () => sign({ sub: 'ana' }, { key: publicPem })],
    [
      'signed with another algorithm',
      'ALGORITHM',
      () => sign({ sub: 'ana' }, { key: secret.repeat(2), alg: 'HS512' }),
    ],
    ['that has expired', 'EXPIRED', (now) => sign({ sub: 'ana', exp: now - 3 })],
    ['that is not valid yet', 'NOT_YET_VALID', (now) => sign({ sub: 'ana', nbf: now + 30 })],
    ['with an end that is no number', 'CLAIMS', () => sign({ sub: 'ana', exp: 'soon' as unknown as number })],
    ['that names nobody', 'CLAIMS', () => sign({ role: 'admin' })],
    ['with an empty subject', 'CLAIMS', () => sign({ sub: '  ', role: 'admin' })],
    ['with a subject too long', 'CLAIMS', () => sign({ sub: 'x'.repeat(129) })],
    ['with a number as subject', 'CLAIMS', () => sign({ sub: 7 as unknown as string })],
    ['with a line break in its subject', 'CLAIMS', () => sign({ sub: 'a\nb' })],
    ['with a role that is no string', 'CLAIMS', () => sign({ sub: 'ana', role: ['admin'] })],
    ['with permissions that are no list', 'CLAIMS', () => sign({ sub: 'ana', permissions: 'view-users' })],
    ['with a permission that is no string', 'CLAIMS', () => sign({ sub: 'ana', permissions: [1] })],
    ['that is empty', 'MALFORMED', () => ''],
    ['that is garbage', 'MALFORMED', () => 'a.b.c'],
    ['of another system', 'MALFORMED', () => '17|Xy3kQ0fT9s'],
    ['that is far too long', 'MALFORMED', () => 'x'.repeat(20_000)],
  ])('is one %s', async (_name, reason, makeToken) => {
    const { verify, nowSeconds } = tVerifier();
    await expect(verify(await makeToken(nowSeconds))).rejects.toEqual(refusedFor(reason));
  });

  test.each([
    [{}, 'ISSUER'],
    [{ iss: 'https://other.example', aud: 'dispatch' }, 'ISSUER'],
    [{ iss: 'https://id.example' }, 'AUDIENCE'],
    [{ iss: 'https://id.example', aud: ['billing'] }, 'AUDIENCE'],
  ])('names %j where issuer and audience are configured', async (claims, reason) => {
    const { verify } = tVerifier({ JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'dispatch' });
    await expect(verify(await sign({ sub: 'ana', ...claims }))).rejects.toEqual(refusedFor(reason));
    const token = await sign({ sub: 'ana', iss: 'https://id.example', aud: ['billing', 'dispatch'] });
    expect(await verify(token)).toMatchObject({ id: 'ana' });
  });

  test('is one with any character changed, and the answer gives nothing away', async () => {
    const { verify } = tVerifier();
    const token = await sign({ sub: 'ana', role: 'hospital' });
    // The last character of a part carries bits that count for nothing, so it may change without an effect.
    const places = [...token].flatMap((character, at) =>
      /\W/.test(`${character}${token[at + 1] ?? '.'}`) ? [] : [at],
    );
    for (const at of places) {
      const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      const error: unknown = await verify(forged).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
      expect(JSON.stringify(error)).not.toContain(secret);
    }
  });
});

describe('the end of a token', () => {
  test.each([1e300, 1e11, Date.UTC(2026, 0, 2)])('in milliseconds (%d) is refused', async (exp) => {
    const { verify } = tVerifier();
    await expect(verify(await sign({ sub: 'ana', exp }))).rejects.toEqual(refusedFor('CLAIMS'));
  });

  test('must be said in production, and where JWT_REQUIRE_EXP says so', async () => {
    const production = { NODE_ENV: 'production', JWT_SECRET: strong };
    const settings: [Record<string, string>, boolean][] = [
      [{ JWT_SECRET: strong }, false],
      [{ JWT_SECRET: strong, JWT_REQUIRE_EXP: 'on' }, true],
      [production, true],
      [{ ...production, JWT_REQUIRE_EXP: 'off' }, false],
    ];
    for (const [env, isRequired] of settings) {
      const { verify, nowSeconds } = tVerifier(env);
      const endless = verify(await sign({ sub: 'ana' }, { key: strong }));
      if (isRequired) await expect(endless).rejects.toEqual(refusedFor('CLAIMS'));
      else expect(await endless).toMatchObject({ id: 'ana' });
      expect(await verify(await sign({ sub: 'ana', exp: nowSeconds + 60 }, { key: strong }))).toMatchObject({
        id: 'ana',
      });
    }
  });
});

describe('the type of a token', () => {
  const signTyped = (typ: unknown) =>
    new SignJWT({ sub: 'ana' })
      .setProtectedHeader({ alg: 'HS256', typ: typ as string })
      .sign(Buffer.from(secret));

  test.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/JWT'])(
    'may be %s',
    async (typ) => {
      expect(await tVerifier().verify(await signTyped(typ))).toMatchObject({ id: 'ana' });
    },
  );

  test.each(['secevent+jwt', 'logout+jwt', 'dpop+jwt', 'JWE', 'id+jwt', '', 'jwt ', 7, null, ['JWT']])(
    'may not be %j',
    async (typ) => {
      await expect(tVerifier().verify(await signTyped(typ))).rejects.toEqual(refusedFor('TYPE'));
    },
  );
});

describe('a secret that is being replaced', () => {
  test('still verifies, signs nothing, and lets no other in', async () => {
    const before = 'the-secret-before-the-secret-of-this-test';
    const { verify, config, clock } = tVerifier({ JWT_SECRET_PREVIOUS: before });
    expect(await verify(await sign({ sub: 'ana' }, { key: before }))).toMatchObject({ id: 'ana' });
    expect(await verify(await sign({ sub: 'eva' }))).toMatchObject({ id: 'eva' });
    await expect(verify(await sign({ sub: 'ana' }, { key: 'a-third-one'.repeat(4) }))).rejects.toEqual(
      refusedFor('SIGNATURE'),
    );
    await expect(verify(await sign({ sub: 'ana', exp: 1 }, { key: before }))).rejects.toEqual(
      refusedFor('EXPIRED'),
    );
    const made = await issueToken(config, { sub: 'luz' }, { ttlMs: minuteMs, clock });
    const { verify: withoutIt } = tVerifier();
    expect(await withoutIt(made)).toMatchObject({ id: 'luz' });
  });
});

describe('time', () => {
  test('ends a token that was accepted before, a moment after it expires', async () => {
    const { verify, clock, nowSeconds } = tVerifier();
    const token = await sign({ sub: 'ana', exp: nowSeconds + 60 });
    const { expiresAt } = await verify(token);
    await clock.advance(61_000);
    expect(await verify(token)).toMatchObject({ id: 'ana' });
    await clock.advance(1_000);
    expect(clock.now()).toBe(expiresAt);
    await expect(verify(token)).rejects.toEqual(refusedFor('EXPIRED'));
  });

  test('makes a token valid that was refused before', async () => {
    const { verify, clock, nowSeconds } = tVerifier();
    const token = await sign({ sub: 'ana', nbf: nowSeconds + 60 });
    await expect(verify(token)).rejects.toEqual(refusedFor('NOT_YET_VALID'));
    await clock.advance(minuteMs);
    expect(await verify(token)).toMatchObject({ id: 'ana' });
  });

  test('without bound is kept within what a date can hold', async () => {
    const { verify } = tVerifier();
    const { expiresAt } = await verify(await sign({ sub: 'ana', exp: 99_999_999_999 }));
    expect(new Date(expiresAt ?? NaN).getTime()).not.toBeNaN();
  });
});
