/** Reads files with the certificates of authorities that servers are trusted by. */
import { X509Certificate } from 'node:crypto';
import type { EnvReader } from './env-reader.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * What is in the file that the variable names; null without one. A file without certificates is refused: Node would take it,
 * and trust nobody.
 */
export function readAuthorities(reader: EnvReader, name: string): string | null {
  const text = reader.file(name);
  if (text === null) return null;
  const found = text.match(certificate) ?? [];
  if (found.length > 0 && found.every(isCertificate)) return text;
  reader.refuse(name, 'names a file without a certificate', 'the path of a file with certificates, PEM');
  return null;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
