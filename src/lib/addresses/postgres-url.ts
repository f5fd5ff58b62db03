/** Reads the address of a PostgreSQL: like libpq's, it may name several hosts, of which one accepts writes. */

/** It is no such address, or one that cannot be used. The message is the rest of a sentence that begins with what was read. */
export class PostgresUrlError extends Error {
  readonly allowed: string;

  constructor(problem: string, allowed: string) {
    super(problem);
    this.name = 'PostgresUrlError';
    this.allowed = allowed;
  }
}

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
const oneOrMore = 'postgres://… or postgresql://…';
const severalHosts = 'postgres://one:5432,two:5432/database?target_session_attrs=read-write';

/**
 * Parses `postgres://user:password@one:5432,two:5432/database?target_session_attrs=read-write`. Neither `URL` nor `pg` knows
 * more than one host.
 *
 * @throws PostgresUrlError
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  const [, protocol, user, hosts = '', path = '', query = ''] = form.exec(text) ?? [];
  if (protocol === undefined) throw new PostgresUrlError('is not such a URL', oneOrMore);
  const login = user === undefined ? '' : `${user}@`;
  const urls = hosts.split(',').map((host) => URL.parse(`${protocol}//${login}${host}${path}${query}`));
  const valid = urls.filter((url) => url !== null);
  if (valid.length < urls.length) throw new PostgresUrlError('is not such a URL', oneOrMore);
  if (valid.length > 1 && valid.some(({ hostname }) => hostname === ''))
    throw new PostgresUrlError('names an empty host', severalHosts);
  const wanted = valid[0]!.searchParams.get('target_session_attrs');
  if (wanted !== null && wanted !== 'any' && !writable.includes(wanted))
    throw new PostgresUrlError('has target_session_attrs for a server that accepts no writes', severalHosts);
  if (wanted !== null) for (const { searchParams } of valid) searchParams.delete('target_session_attrs');
  return {
    urls: valid.map(({ href }) => href),
    mustBeWritable: wanted === null ? valid.length > 1 : writable.includes(wanted),
    shown: `${protocol}//${valid.map(({ host }) => host).join(',')}${path === '/' ? '' : path}`,
    encryption: valid[0]!.searchParams.get('sslmode'),
    namesCertificates: valid[0]!.searchParams.has('sslrootcert'),
  };
}
