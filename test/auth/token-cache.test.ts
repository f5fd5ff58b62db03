/** The promises of the memory of verified tokens. */
import { expect, test } from '@jest/globals';
import { parseToken } from '../../src/auth/request-token.ts';
import { withTokenCache } from '../../src/auth/token-cache.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { ManualClock } from '../support/clock.ts';

/** Counts what is really verified. Tokens that begin with `bad` are refused. */
function tCache({ expiresAt = null as number | null } = {}) {
  const clock = new ManualClock();
  const verified: string[] = [];
  const verifyCounted = async (token: string): Promise<Viewer> => {
    verified.push(token);
    if (token.startsWith('bad')) throw new Error('refused');
    return { id: token, name: null, role: 'admin', permissions: new Set(), ambulanciaId: null, expiresAt };
  };
  const verifyOnce = withTokenCache(verifyCounted, { clock });
  return { clock, verified, verify: (text: string) => verifyOnce(parseToken(text), null) };
}

test('200 connections with one token cost one verification', async () => {
  const { verify, verified } = tCache();
  const viewers = await Promise.all(Array.from({ length: 200 }, () => verify('ana')));
  expect(new Set(viewers).size).toBe(1);
  await verify('bea');
  expect(verified).toEqual(['ana', 'bea']);
});

test('a refusal is not remembered', async () => {
  const { verify, verified } = tCache();
  await expect(verify('bad')).rejects.toThrow('refused');
  await expect(verify('bad')).rejects.toThrow('refused');
  expect(verified).toEqual(['bad', 'bad']);
});

test('what an issuer withdraws is trusted five minutes longer at most', async () => {
  const { verify, verified, clock } = tCache();
  await verify('ana');
  await clock.advance(5 * 60_000 - 1);
  await verify('ana');
  expect(verified).toHaveLength(1);
  await clock.advance(1);
  await verify('ana');
  expect(verified).toHaveLength(2);
});

test('a token that expired is verified again', async () => {
  const { verify, verified, clock } = tCache({ expiresAt: new ManualClock().now() + 1_000 });
  await verify('ana');
  await clock.advance(1_000);
  await verify('ana');
  expect(verified).toHaveLength(2);
});

test('a flood of tokens pushes out those that nobody uses, and no others', async () => {
  const { verify, verified } = tCache();
  await verify('unused');
  await verify('used');
  for (let id = 0; id < 10_000; id++) {
    await verify(`token-${id}`);
    if (id % 1_000 === 0) await verify('used');
  }
  verified.length = 0;
  await verify('used');
  await verify('unused');
  expect(verified).toEqual(['unused']);
});
