/** Opens a port, to both families of addresses unless a host is named. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { SettingError } from '../../lib/setting-error.ts';

export interface ListenAt {
  /** Null: all addresses of this machine. */
  readonly host: string | null;
  readonly port: number;
  /** The setting that names the port. */
  readonly setting: 'PORT' | 'METRICS_PORT';
}

/** Where a socket of IPv6 takes connections of IPv4 too; where the kernel has no IPv6, the second one is all there is. */
const everywhere = ['::', '0.0.0.0'] as const;
/** What a kernel says that has no IPv6. */
const noFamily: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/** @throws SettingError when nothing can be served there */
export async function listen(
  server: FastifyInstance,
  { host, port, setting }: ListenAt,
): Promise<AddressInfo> {
  const hosts = host === null ? [...everywhere] : [host];
  for (const [index, candidate] of hosts.entries()) {
    try {
      await server.listen({ host: candidate, port, ipv6Only: false });
      break;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (noFamily.has(code) && index + 1 < hosts.length) continue;
      if (code === 'EADDRINUSE') throw new SettingError(setting, `is ${port}, which is in use`, error);
      if (code === 'EACCES')
        throw new SettingError(setting, `is ${port}, which this user may not open`, error);
      throw new SettingError('HOST', `is ${candidate}, where nothing can be served: ${message}`, error);
    }
  }
  return server.server.address() as AddressInfo;
}
