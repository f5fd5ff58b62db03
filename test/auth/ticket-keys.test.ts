/** What is sealed with the keys of tickets can be read by whoever has the secret, and by nobody else. */
import { expect, test } from '@jest/globals';
import { TicketKeys } from '../../src/auth/ticket-keys.ts';

const text = JSON.stringify(['ana', 'a.token.of-some-length']);

test('what is sealed cannot be read, and is never the same twice', () => {
  const keys = new TicketKeys(['secret']);
  const [one, other] = [keys.seal(text), keys.seal(text)];
  expect(one).not.toBe(other);
  for (const sealed of [one, other]) {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toMatch(/ana|token/);
    expect(keys.open(sealed)).toBe(text);
  }
  expect(new TicketKeys(['another secret']).open(one)).toBeNull();
});

test('a sealed text with any byte changed cannot be opened', () => {
  const keys = new TicketKeys(['secret']);
  const bytes = Buffer.from(keys.seal(text), 'base64url');
  const opened = [...bytes.keys()].map((at) => {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    return keys.open(changed.toString('base64url'));
  });
  expect(new Set(opened)).toEqual(new Set([null]));
  for (const short of ['', 'A', bytes.subarray(0, 30).toString('base64url')])
    expect(keys.open(short)).toBeNull();
});

test('what was sealed with the secret before is opened, until that is forgotten', () => {
  const keys = new TicketKeys(['old']);
  const sealed = keys.seal(text);
  const code = keys.sign(text);
  keys.replace(['new', 'old']);
  expect([keys.open(sealed), keys.verify(text, code)]).toEqual([text, true]);
  expect(new TicketKeys(['old']).open(keys.seal(text))).toBeNull();
  keys.replace(['new']);
  expect([keys.open(sealed), keys.verify(text, code)]).toEqual([null, false]);
});

test('a code is that of one text', () => {
  const keys = new TicketKeys(['secret']);
  const code = keys.sign('one');
  expect(['one', 'other'].map((signed) => keys.verify(signed, code))).toEqual([true, false]);
  for (const wrong of ['', 'x', `${code}A`, code.toLowerCase(), 'ä'.repeat(16)])
    expect(keys.verify('one', wrong)).toBe(false);
});
