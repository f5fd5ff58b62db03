/** The doctor's checks of who reaches the service over which family of addresses, and how clients are told apart. */
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { examine, type Finding, type Findings } from './finding.ts';

export async function examineNetwork({ http }: Config, clock: Clock): Promise<readonly Finding[]> {
  return examine('network', clock, 'See the message.', (findings) => {
    const [ownIPv6] = reachableIPv6();
    examineFamilies(http, ownIPv6, findings);
    examineClients(http, ownIPv6, findings);
    return Promise.resolve();
  });
}

/** Addresses of IPv6 at which others may reach this machine. */
function reachableIPv6(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
}

function examineFamilies({ host }: Config['http'], ownIPv6: string | undefined, findings: Findings): void {
  if (host === null) findings.ok('IPv4 and IPv6 are served, as far as this machine has them');
  else if (isIPv4(host) && !host.startsWith('127.') && ownIPv6 !== undefined)
    findings.warning(
      `HOST is ${host}: IPv4 alone is served, and this machine has the address ${ownIPv6} too`,
      'Leave HOST out to serve both families: probes of a cluster with IPv6 addresses are refused otherwise.',
    );
  else findings.ok(`HOST is ${host}, where alone it is served`);
}

function examineClients(
  { host, trustProxy, clientPrefixLength }: Config['http'],
  ownIPv6: string | undefined,
  findings: Findings,
): void {
  findings.ok(`clients are counted by their address; those of IPv6 by its first ${clientPrefixLength} bits`);
  if (trustProxy === false)
    findings.ok('no proxy is believed (TRUST_PROXY): behind one, all clients would be counted as one');
  if (typeof trustProxy !== 'object') return;
  const servesIPv6 = host === null ? ownIPv6 !== undefined : isIPv6(host);
  const knowsIPv6 = trustProxy.some((network) => network.includes(':'));
  if (servesIPv6 && !knowsIPv6)
    findings.warning(
      'TRUST_PROXY names networks of IPv4 alone: of a proxy that calls over IPv6, all clients are counted as one',
      'Add the IPv6 networks of the proxies, or set HOST to an address of IPv4.',
    );
  else findings.ok(`proxies of ${trustProxy.join(', ')} are believed`);
}
