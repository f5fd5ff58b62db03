/** Finds the address of the client that sent a request, also behind proxies that are trusted. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';
import { addressKey, canonicalAddress } from './address.ts';

/** None, all, the number of proxies in front, or their addresses and networks (`10.0.0.0/8`). */
export type TrustedProxies = boolean | number | readonly string[];

/** What the client that sent a request is counted by: their address, or the network of one of IPv6. */
export type AddressOf = (request: IncomingMessage) => string;

/** Whether a gateway sent a request, or handed it on. */
export type IsGateway = (request: IncomingMessage) => boolean;

/** Whether the proxy at `address`, `hop` steps away from this process, is trusted to name who called it. */
type Trust = (address: string, hop: number) => boolean;

export interface AddressRules {
  readonly trustProxy: TrustedProxies;
  /** Bits of an address of IPv6 that name a client's network. */
  readonly clientPrefixLength: number;
}

export function createAddressOf({ trustProxy: proxies, clientPrefixLength }: AddressRules): AddressOf {
  const isTrusted = trustIn(proxies);
  /** Of connections on which nobody says who is behind them: the same for each of their requests. */
  const ofPeers = new WeakMap<Socket, string>();
  return ({ headers, socket }) => {
    const forwarded = String(headers['x-forwarded-for'] ?? '');
    const known = forwarded === '' ? ofPeers.get(socket) : undefined;
    if (known !== undefined) return known;
    const { remoteAddress = '' } = socket;
    let address = canonicalAddress(remoteAddress);
    for (const [hop, before] of nearestFirst(forwarded).entries()) {
      if (!isTrusted(address, hop)) break;
      address = canonicalAddress(before);
    }
    const key = addressKey(address, clientPrefixLength);
    // A connection that is lost has no address any more.
    if (forwarded === '' && remoteAddress !== '') ofPeers.set(socket, key);
    return key;
  };
}

/**
 * Where a client says untruly that a gateway handed its request on, less is believed of it, and not more: so whatever the header
 * says counts.
 */
export function createIsGateway(networks: readonly string[]): IsGateway {
  const isOne = trustIn(networks);
  return ({ headers, socket }) =>
    [socket.remoteAddress ?? '', ...nearestFirst(String(headers['x-forwarded-for'] ?? ''))].some((address) =>
      isOne(canonicalAddress(address), 0),
    );
}

/** The addresses of the header. Each proxy appends that of its caller, so the last one is the nearest. */
function nearestFirst(forwarded: string): string[] {
  return forwarded
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
    .reverse();
}

function trustIn(proxies: TrustedProxies): Trust {
  if (typeof proxies === 'boolean') return () => proxies;
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  const list = new BlockList();
  for (const network of proxies) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
