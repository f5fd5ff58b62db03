/** An authority of a test's own, whose certificates nobody trusts who was not told of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority, and a certificate of `localhost` that it has signed. */
export function createAuthority() {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    file(name),
  ];
  openssl(
    'req',
    '-x509',
    ...key('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=An authority',
  );
  const signing = [
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-addext',
    'subjectAltName=DNS:localhost',
  ];
  openssl(
    'req',
    '-x509',
    ...signing,
    ...key('server.key'),
    '-out',
    file('server.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  );
  return {
    folder,
    files: { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') },
    [Symbol.asyncDispose]: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}
