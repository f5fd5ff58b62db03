/** Reads the address of a Redis: one server, the nodes of a cluster, or the Sentinels that know which server is the primary. */

/** Where to connect to. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  /** The server, some nodes of the cluster, or the Sentinels. */
  readonly servers: readonly RedisServer[];
  /** The name by which the Sentinels know the primary; null without Sentinels. */
  readonly primaryName: string | null;
  readonly database: number;
  /** Whether connections are encrypted: `rediss://`. */
  readonly isEncrypted: boolean;
  /** Of Redis itself. Sentinels have others, or none. */
  readonly username: string | null;
  readonly password: string | null;
}

/** What is wrong with an address: the rest of a sentence that begins with the name of the setting. Never has its text. */
export class RedisAddressError extends Error {
  readonly allowed: string;

  constructor(problem: string, allowed: string) {
    super(problem);
    this.name = 'RedisAddressError';
    this.allowed = allowed;
  }
}

const forms =
  'redis://host:port/database, with commas between the nodes of a cluster, or redis+sentinel://host:port,host:port/name; rediss for TLS';

const scheme = /^(redis|rediss)(\+sentinel)?:\/\/(.*)$/s;
const maxDatabase = 1_000_000;
const [defaultPort, defaultSentinelPort] = [6_379, 26_379];

/** @throws RedisAddressError */
export function parseRedisAddress(text: string): RedisAddress {
  const [, , sentinel] = scheme.exec(text) ?? [];
  return sentinel ? parseSentinels(text) : parseServers(text);
}

/** The servers without users and passwords, for logs and people. */
export function describeServers({ kind, servers, isEncrypted }: RedisAddress): string[] {
  const prefix = `${isEncrypted ? 'rediss' : 'redis'}${kind === 'sentinel' ? '+sentinel' : ''}://`;
  return servers.map(({ host, port }) => `${prefix}${host.includes(':') ? `[${host}]` : host}:${port}`);
}

function parseServers(text: string): RedisAddress {
  const urls = text.split(',').map((item) => parseUrl(item.trim(), defaultPort));
  const [first] = urls;
  if (urls.some(({ protocol }) => protocol !== first!.protocol))
    throw new RedisAddressError('mixes redis:// and rediss://', forms);
  const isCluster = urls.length > 1;
  const databases = urls.map(({ path }) => parseDatabase(path));
  if (isCluster && databases.some((database) => database !== 0))
    throw new RedisAddressError('names a database of a cluster, which has only 0', forms);
  return {
    kind: isCluster ? 'cluster' : 'single',
    servers: urls.map(({ server }) => server),
    primaryName: null,
    database: databases[0]!,
    isEncrypted: first!.protocol === 'rediss:',
    ...credentialsOf(urls),
  };
}

/** `URL` reads one host alone, so each Sentinel is made a URL of its own. */
function parseSentinels(text: string): RedisAddress {
  const [, protocol, , rest = ''] = scheme.exec(text)!;
  const at = rest.lastIndexOf('@');
  const credentials = rest.slice(0, at + 1);
  const slash = rest.indexOf('/', at + 1);
  if (slash < 0) throw new RedisAddressError('does not name the primary that the Sentinels watch', forms);
  const hosts = rest.slice(at + 1, slash).split(',');
  const urls = hosts.map((host) =>
    parseUrl(`${protocol}://${credentials}${host.trim()}${rest.slice(slash)}`, defaultSentinelPort),
  );
  const [, name = '', ...more] = urls[0]!.path.split('/');
  const primaryName = decode(name);
  if (!/^[\w.-]{1,128}$/.test(primaryName))
    throw new RedisAddressError('does not name the primary that the Sentinels watch', forms);
  return {
    kind: 'sentinel',
    servers: urls.map(({ server }) => server),
    primaryName,
    database: parseDatabase(more.length === 0 ? '' : `/${more.join('/')}`),
    isEncrypted: protocol === 'rediss',
    ...credentialsOf(urls),
  };
}

interface ParsedUrl {
  readonly protocol: string;
  readonly server: RedisServer;
  readonly path: string;
  readonly username: string;
  readonly password: string;
}

function parseUrl(text: string, port: number): ParsedUrl {
  const url = URL.parse(text);
  if (!url || !['redis:', 'rediss:'].includes(url.protocol))
    throw new RedisAddressError('is not such a URL', forms);
  if (url.hostname === '') throw new RedisAddressError('names no host', forms);
  // ioredis would take its own options from a query.
  if (url.search || url.hash) throw new RedisAddressError('has a query or a fragment', forms);
  return {
    protocol: url.protocol,
    server: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || port) },
    path: url.pathname,
    username: decode(url.username),
    password: decode(url.password),
  };
}

function credentialsOf(urls: readonly ParsedUrl[]) {
  const { username, password } = urls.find((url) => url.password !== '') ?? urls[0]!;
  return { username: username || null, password: password || null };
}

function parseDatabase(path: string): number {
  if (path === '' || path === '/') return 0;
  const [, digits] = /^\/(\d{1,7})$/.exec(path) ?? [];
  if (digits === undefined || Number(digits) > maxDatabase)
    throw new RedisAddressError('names a database that is no number', forms);
  return Number(digits);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisAddressError('has a % that stands for no character', forms);
  }
}
