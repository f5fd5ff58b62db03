/** The promises of where a token may be in a request. */
import { describe, expect, test } from '@jest/globals';
import { readConnectionToken, readRequestToken } from '../../src/auth/request-token.ts';

const refused = expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } });

function refusalOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe('over HTTP', () => {
  test.each([
    [undefined, null],
    ['', null],
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer 17|Xy3k', '17|Xy3k'],
  ])('%j gives %j', (authorization, token) => {
    expect(readRequestToken(authorization)).toBe(token);
  });

  test.each(['abc', 'Basic YW5hOnB3', 'Bearer', 'Bearer a b', 'Bearer a, Bearer b'])(
    '%j is refused',
    (authorization) => {
      expect(refusalOf(() => readRequestToken(authorization))).toEqual(refused);
    },
  );
});

describe('characters', () => {
  test.each(['1|漢0', '1|\u0000', '1|ÿ', '1|\ud800', '1|😀', 'a"b', 'a,b', 'x'.repeat(20_000)])(
    '%j is no token, wherever it stands',
    (text) => {
      const malformed = { extensions: { code: 'UNAUTHENTICATED', reason: 'MALFORMED' } };
      expect(refusalOf(() => readRequestToken(`Bearer ${text}`))).toMatchObject(malformed);
      expect(refusalOf(() => readConnectionToken({ token: text }, undefined))).toMatchObject(malformed);
      expect(refusalOf(() => readConnectionToken(null, `Bearer ${text}`))).toMatchObject(malformed);
    },
  );

  test('of a JWT, of MS Auth and of RFC 6750 are a token', () => {
    for (const text of ['eyJh.eyJz.c2ln_-', '17|aZ09', 'a~b+c/d=='])
      expect(readRequestToken(`Bearer ${text}`)).toBe(text);
  });
});

describe('on a WebSocket', () => {
  const header = 'Bearer header';

  test.each<[string, unknown, string]>([
    ['authorization', { token: 't', Authorization: 'A', authorization: 'Bearer a' }, 'a'],
    ['Authorization', { token: 't', Authorization: 'Bearer A' }, 'A'],
    ['token', { token: 't' }, 't'],
    ['token with the word Bearer', { token: 'Bearer t' }, 't'],
    ['authToken, as old clients of Apollo send it', { authToken: 'Bearer o' }, 'o'],
    ['headers', { headers: { Authorization: 'Bearer h' } }, 'h'],
    ['headers in small letters', { headers: { authorization: 'Bearer h' } }, 'h'],
    ['what stands beside the headers', { headers: { Authorization: 'Bearer h' }, token: 't' }, 't'],
    ["headers of the router's client", { connectionParams: { headers: { Authorization: 'Bearer h' } } }, 'h'],
    ["Apollo Router's own parameters", { connectionParams: { token: 'r' } }, 'r'],
    ["the client's own before the router's", { token: 't', connectionParams: { token: 'r' } }, 't'],
    ['the upgrade request when there are no parameters', undefined, 'header'],
    ['the upgrade request when they are null', null, 'header'],
    ['the upgrade request when they hold no token', { locale: 'es', connectionParams: null }, 'header'],
    ['the upgrade request when their token is null', { authorization: null, token: undefined }, 'header'],
    ['the upgrade request when their token is empty', { authorization: 'Bearer ', token: '' }, 'header'],
  ])('comes from %s', (_place, params, token) => {
    expect(readConnectionToken(params, header)).toBe(token);
  });

  test('may be missing', () => {
    expect(readConnectionToken(null, undefined)).toBeNull();
    expect(readConnectionToken({}, undefined)).toBeNull();
  });

  test('does not come from what an object inherits', () => {
    const params: unknown = JSON.parse('{"__proto__":{"token":"inherited"}}');
    expect(readConnectionToken(params, undefined)).toBeNull();
  });

  test.each([
    ['a string', 'token'],
    ['a list', ['token']],
    ['a number', 7],
    ['a token that is a number', { token: 7 }],
    ['a token that is an object', { authorization: { token: 't' } }],
    ['a token that is a list', { Authorization: ['t'] }],
    ['a token with a space', { token: 'a b' }],
    ['a string in place of headers', { headers: 'Bearer t' }],
    ['a number in headers', { headers: { Authorization: 7 } }],
    ['another scheme', { authorization: 'Basic YW5hOnB3' }],
    ["a string in place of the router's parameters", { connectionParams: 'token' }],
    ["a number in the router's parameters", { connectionParams: { token: 7 } }],
  ])('is refused when there is %s', (_what, params) => {
    expect(refusalOf(() => readConnectionToken(params, header))).toEqual(refused);
  });
});
