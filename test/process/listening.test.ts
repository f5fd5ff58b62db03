/** Proves where the service can be reached: at addresses of both families unless it is told otherwise. */
import { describe, expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { freePort, tServerProcess } from '../support/server-process.ts';

const reaches = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => null,
  );

describe('without HOST', () => {
  test('it listens on both families, for metrics too', async () => {
    const metricsPort = await freePort();
    const server = await tServerProcess({ HOST: '', METRICS_PORT: String(metricsPort) });
    for (const host of ['127.0.0.1', '[::1]']) {
      expect([host, await reaches(`http://${host}:${server.port}/health/ready`)]).toEqual([host, 200]);
      expect([host, await reaches(`http://${host}:${metricsPort}/metrics`)]).toEqual([host, 200]);
      const id = await createDispatch(server.client);
      const client = tClient(`ws://${host}:${server.port}/graphql`, await server.client.token());
      await subscribe<Update>(client, dispatchUpdated, { id }).until((events) => events.length === 1);
    }
  });

  test('where the kernel has no IPv6, on IPv4', async () => {
    // What a kernel without it answers to whoever asks for such a socket.
    const withoutIPv6 = `
      import { Server } from 'node:net';
      const { listen } = Server.prototype;
      Server.prototype.listen = function (at, ...rest) {
        if (at?.host !== '::') return listen.call(this, at, ...rest);
        const error = Object.assign(new Error('listen EAFNOSUPPORT: address family not supported ::'), { code: 'EAFNOSUPPORT' });
        process.nextTick(() => this.emit('error', error));
        return this;
      };`;
    const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(withoutIPv6)}`];
    const server = await tServerProcess({ HOST: '' }, { nodeFlags });
    expect(await reaches(`${server.url}/health/ready`)).toBe(200);
    expect(await reaches(`http://[::1]:${server.port}/health/ready`)).toBeNull();
  });
});

test.each([
  ['127.0.0.1', '[::1]'],
  ['::1', '127.0.0.1'],
])('with HOST=%s it listens there alone', async (host, other) => {
  const server = await tServerProcess({ HOST: host });
  const own = host === '::1' ? '[::1]' : host;
  expect(await reaches(`http://${own}:${server.port}/health/live`)).toBe(200);
  expect(await reaches(`http://${other}:${server.port}/health/live`)).toBeNull();
});
