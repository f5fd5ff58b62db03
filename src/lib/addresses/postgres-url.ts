/** Reads the address of a PostgreSQL: like libpq's, it may name several hosts, of which one accepts writes. */

export interface PostgresAddress {
  /** One URL for each host, in their order. */
  readonly urls: readonly string[];
  /** Whether a server that accepts no writes is left for another host. */
  readonly mustBeWritable: boolean;
  /** The address without user, password and parameters, to be shown. */
  readonly shown: string;
  /** `sslmode`; null where it is not said, so that connections are not encrypted. */
  readonly encryption: string | null;
  /** Whether it names files of certificates itself, as libpq does. */
  readonly namesCertificates: boolean;
}

/** Parameters about encryption, as libpq and `pg` have them. */
const tlsParameters = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

/** The URL without what it says about encryption, for whoever says it in another way. */
export function withoutEncryption(url: string): string {
  const parsed = new URL(url);
  for (const name of tlsParameters) parsed.searchParams.delete(name);
  return parsed.href;
}

const form = /^(postgres(?:ql)?:)\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/;
/** libpq has others too, for those who only read. */
const writable = ['read-write', 'primary'];

/**
 * Reads `postgres://user:password@one:5432,two:5432/database?target_session_attrs=read-write`. Neither `URL` nor `pg` knows
 * more than one host. Null when it is no such URL; a text that says what is wrong when it cannot be used.
 */
export function readPostgresUrl(text: string): PostgresAddress | string | null {
  const [, protocol, user, hosts = '', path = '', query = ''] = form.exec(text) ?? [];
  if (protocol === undefined) return null;
  const login = user === undefined ? '' : `${user}@`;
  const urls = hosts.split(',').map((host) => URL.parse(`${protocol}//${login}${host}${path}${query}`));
  const valid = urls.filter((url) => url !== null);
  if (valid.length < urls.length) return null;
  if (valid.length > 1 && valid.some(({ hostname }) => hostname === '')) return 'names an empty host';
  const wanted = valid[0]!.searchParams.get('target_session_attrs');
  if (wanted !== null && wanted !== 'any' && !writable.includes(wanted))
    return 'has target_session_attrs for a server that accepts no writes';
  if (wanted !== null) for (const { searchParams } of valid) searchParams.delete('target_session_attrs');
  return {
    urls: valid.map(({ href }) => href),
    mustBeWritable: wanted === null ? valid.length > 1 : writable.includes(wanted),
    shown: `${protocol}//${valid.map(({ host }) => host).join(',')}${path === '/' ? '' : path}`,
    encryption: valid[0]!.searchParams.get('sslmode'),
    namesCertificates: valid[0]!.searchParams.has('sslrootcert'),
  };
}
