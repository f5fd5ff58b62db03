/** Every form of a Redis's address is read as it is meant, or refused with what is wrong and without its text. */
import { describe, expect, test } from '@jest/globals';
import {
  describeServers,
  parseRedisAddress,
  RedisAddressError,
} from '../../src/lib/addresses/redis-address.ts';

const brief = (text: string) => {
  const address = parseRedisAddress(text);
  const { username, password, database, primaryName, kind } = address;
  return [kind, ...describeServers(address), database, username, password, primaryName];
};

describe('an address', () => {
  test.each([
    ['redis://h', ['single', 'redis://h:6379', 0, null, null, null]],
    ['REDIS://H:1/', ['single', 'redis://H:1', 0, null, null, null]],
    ['rediss://u:p%40%3A@h:1/15', ['single', 'rediss://h:1', 15, 'u', 'p@:', null]],
    ['redis://:p@[::1]:1', ['single', 'redis://[::1]:1', 0, null, 'p', null]],
    ['redis://u:p@a:1, redis://b', ['cluster', 'redis://a:1', 'redis://b:6379', 0, 'u', 'p', null]],
    [
      'redis+sentinel://a,b:2,[::1]:3/main',
      [
        'sentinel',
        'redis+sentinel://a:26379',
        'redis+sentinel://b:2',
        'redis+sentinel://[::1]:3',
        0,
        null,
        null,
        'main',
      ],
    ],
    ['rediss+sentinel://u:p%2F@a:1/main.1/3', ['sentinel', 'rediss+sentinel://a:1', 3, 'u', 'p/', 'main.1']],
  ])('%s', (text, expected) => {
    expect(brief(text)).toEqual(expected);
  });
});

test.each([
  '',
  'h:1',
  'http://hush@h',
  'redis://',
  'redis://hush@h/abc',
  'redis://hush@h/-1',
  'redis://hush@h/99999999',
  'redis://hush@h/1?db=2',
  'redis://hush%zz@h',
  'redis://hush@a,rediss://b',
  'redis://hush@a/1,redis://b/1',
  'redis+sentinel://hush@a:1',
  'redis+sentinel://hush@a:1/',
  'redis+sentinel://hush@/main',
  'redis+sentinel://hush@a:1,b:x/main',
  'redis+sentinel://hush@a:1/main/x',
  'redis+sentinel://hush@a:1/ma%20in',
])('%j is refused, and not repeated', (text) => {
  const refusal = (() => {
    try {
      return parseRedisAddress(text);
    } catch (error) {
      return error as Error;
    }
  })();
  expect(refusal).toBeInstanceOf(RedisAddressError);
  expect((refusal as Error).message).not.toContain('hush');
});
