/** Addresses in one spelling each, and what they are counted by. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** The longest text that stands for itself where it is no address. */
const maxLength = 64;

/**
 * The usual spelling of an address, without port, brackets and zone. One of IPv4 in the form of IPv6 is that of IPv4. What is no
 * address stays as it is, as far as it is short.
 */
export function canonicalAddress(text: string): string {
  if (isIPv4(text)) return text;
  const bare = text.startsWith('[') ? text.slice(1).replace(/\].*$/s, '') : text;
  const [host = ''] = bare.split('%', 1);
  if (isIPv6(host)) return ofGroups(groupsOf(host));
  return readIPv4(host) ?? text.slice(0, maxLength);
}

/**
 * What an address in its usual spelling is counted by. Whoever has one address of IPv6 has its whole network: the first
 * `prefixLength` bits name it.
 */
export function addressKey(address: string, prefixLength: number): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  if (prefixLength >= 128 || isOfOneMachine(groups)) return address;
  const network = groups.map((group, index) => {
    const bits = Math.min(16, Math.max(0, prefixLength - 16 * index));
    return group & (0xffff << (16 - bits)) & 0xffff;
  });
  return `${spell(network)}/${prefixLength}`;
}

/** Some gateways write the port of their caller too, and some write zeros in front, which are decimal there. */
function readIPv4(text: string): string | null {
  const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::\d{1,5})?$/.exec(text) ?? [];
  const numbers = parts.map(Number);
  return numbers.length === 4 && numbers.every((number) => number <= 255) ? numbers.join('.') : null;
}

/** The eight groups of an address of IPv6. */
function groupsOf(text: string): readonly number[] {
  const hex = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** Beginnings of addresses whose last two groups are one of IPv4: as sockets of IPv6 show it, and as a gateway between both does. */
const beforeIPv4 = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

function ofGroups(groups: readonly number[]): string {
  const hex = groups.map((group) => group.toString(16));
  if (!beforeIPv4.includes(hex.slice(0, 6).join(':'))) return spell(groups);
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const spell = (groups: readonly number[]): string =>
  new SocketAddress({ family: 'ipv6', address: groups.map((group) => group.toString(16)).join(':') }).address;

/** Loopback, and addresses of one link, all of which have the same beginning. */
const isOfOneMachine = ([first = 0, ...rest]: readonly number[]): boolean =>
  (first & 0xffc0) === 0xfe80 || (first === 0 && rest.slice(0, 6).every((group) => group === 0));
