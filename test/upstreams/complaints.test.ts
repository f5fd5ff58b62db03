/** What the log says while another service is broken, and everybody who comes meets it: a line now and then, with what it stands for. */
import { afterEach, expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import { MsAuth } from '../../src/upstreams/ms-auth.ts';
import { MsDespacho } from '../../src/upstreams/ms-despacho.ts';
import { Upstream } from '../../src/upstreams/upstream.ts';
import { ManualClock } from '../support/clock.ts';
import { tLogLines } from '../support/log-lines.ts';
import { tMsAuth, tMsDespacho } from '../support/ms-despacho-repositories.ts';
import type { StandIn, Trouble } from '../support/upstreams/stand-in.ts';

const opened: Upstream[] = [];
afterEach(() => Promise.all(opened.splice(0).map((upstream) => upstream.close())));

function tUpstream(name: string, url: string) {
  const clock = new ManualClock();
  const lines = tLogLines();
  const upstream = new Upstream({
    ...{ name, url, timeoutMs: 5_000, clock, log: lines.log, metrics: createMetrics() },
  });
  opened.push(upstream);
  return { clock, upstream, ...lines };
}

async function tAuth() {
  const standIn = await tMsAuth();
  const rest = tUpstream('MS Auth', `${standIn.url}/graphql`);
  const { upstream, log } = rest;
  const client = new MsAuth({ upstream, log });
  return { standIn, ask: () => client.check('a token'), ...rest };
}

async function tDespacho() {
  const standIn = await tMsDespacho();
  const rest = tUpstream('MS Despacho', standIn.url);
  const client = new MsDespacho({ upstream: rest.upstream, writeTimeoutMs: 5_000 });
  return { standIn, ask: () => client.page({}, { page: 1, perPage: 10 }), ...rest };
}

type Broken = { standIn: StandIn; ask: () => Promise<unknown> };

async function askInVain({ ask }: Broken, times: number): Promise<void> {
  for (let time = 0; time < times; time++)
    await expect(ask()).rejects.toMatchObject({ extensions: { code: 'UPSTREAM_UNAVAILABLE' } });
}

const breakIt = ({ standIn }: Broken, trouble: Trouble) => (standIn.trouble = () => trouble);

test.each([
  ['MS Auth', tAuth],
  ['MS Despacho', tDespacho],
])('%s that answers nonsense to everybody makes a line, and not one for each', async (service, tService) => {
  const scene = await tService();
  const { clock, complaints } = scene;
  breakIt(scene, { kind: 'changed', change: () => ({ data: { nonsense: true } }) });
  await askInVain(scene, 50);
  expect(complaints()).toMatchObject([{ service, unreported: 0 }]);
  await clock.advance(10_000);
  await askInVain(scene, 3);
  expect(complaints()).toMatchObject([{}, { service, unreported: 49 }]);
});

test('what is wrong in another way is said beside it', async () => {
  const scene = await tDespacho();
  const { clock, complaints } = scene;
  breakIt(scene, { kind: 'changed', change: () => ({ data: { nonsense: true } }) });
  await askInVain(scene, 2);
  breakIt(scene, { kind: 'html', status: 500 });
  // A circuit that opens refuses without a call, and is tried again.
  for (let round = 0; round < 20; round++) {
    await askInVain(scene, 1);
    await clock.advance(500);
  }
  expect(complaints().map(({ msg }) => msg)).toEqual([
    'another service sent a list of dispatches that cannot be read',
    'a call of another service failed',
    'another service is away; it is tried again until it is back',
  ]);
});
