/** Proves that requests and costs of one viewer are bounded per minute, and that others are not affected. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { expectToServeOthers, post } from '../support/http.ts';

/** Whoever may have more subscriptions may have more requests too, to bring them back. */
const limited = { RATE_LIMIT_SCALE: '1', MAX_SUBSCRIPTIONS_PER_VIEWER: '1' };
const body = { query: '{ despachos { id } }' };

async function statusesOf(env: Record<string, string>, times: number, token?: string | null) {
  const app = await tApp({ ...limited, ...env });
  const shown = token === undefined ? await app.token() : token;
  const answers = [];
  for (let sent = 0; sent < times; sent += 1) answers.push(await post(app, { body, token: shown }));
  await expectToServeOthers(app);
  return answers.map(({ code }) => code);
}

test('requests of one viewer', async () => {
  expect(await statusesOf({ REQUESTS_PER_MINUTE: '3' }, 5)).toEqual([
    ...[undefined, undefined, undefined],
    ...['RATE_LIMITED', 'RATE_LIMITED'],
  ]);
});

test('what the operations of one viewer cost', async () => {
  expect(await statusesOf({ COST_PER_MINUTE: '120' }, 4)).toEqual([
    ...[undefined, undefined],
    ...['RATE_LIMITED', 'RATE_LIMITED'],
  ]);
});

test('requests from one address, where nobody is known', async () => {
  const app = await tApp({ ...limited, REQUESTS_PER_MINUTE: '2' });
  const ask = () => post(app, { body: { query: '{ _service { sdl } }' }, token: null });
  expect([(await ask()).code, (await ask()).code, (await ask()).code]).toEqual([
    ...[undefined, undefined],
    'RATE_LIMITED',
  ]);
  await expectToServeOthers(app);
});
