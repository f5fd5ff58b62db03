/** The variables about which operations are run: all, or those that frontends were built with; and who is exempt. */
import { ManifestError, parseManifests, type OperationManifest } from '../../lib/operation-manifest.ts';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { EnvReader } from '../env-reader.ts';
import { Secret } from '../secret.ts';
import { refuseWeak } from '../secret-strength.ts';
import { mebibyte } from '../../lib/memory/bytes.ts';

export function readDocuments(reader: EnvReader) {
  const mode = reader.choice('OPERATIONS', ['any', 'log', 'trusted'], 'any');
  const manifest = readManifest(reader);
  const isNamed = (reader.list('OPERATIONS_MANIFEST') ?? []).length > 0;
  if (mode !== 'any' && !isNamed)
    reader.refuse('OPERATIONS', `is ${mode} without OPERATIONS_MANIFEST`, 'a manifest beside it, or any');
  const exemptRoles = reader.list('OPERATIONS_EXEMPT_ROLES') ?? [];
  return {
    /** `log`: what is not in the manifest is run all the same, and noted. */
    mode,
    manifest,
    /** Viewers of these roles may send any text: services that write their own. */
    exemptRoles: exemptRoles.map((role) => oneSpelling(role.toLowerCase())),
    /** Memory for texts that clients have sent with their hashes, and name by these afterwards. With 0 none is kept. */
    maxPersistedBytes: reader.integer('PERSISTED_QUERIES_BYTES', {
      fallback: 0,
      min: 0,
      max: 1_024 * mebibyte,
    }),
  };
}

/** By which a gateway proves itself: any of them does. */
export function readGatewaySecrets(reader: EnvReader, isProduction: boolean): readonly Secret[] {
  const secret = reader.text('GATEWAY_SECRET');
  const previous = reader.text('GATEWAY_SECRET_PREVIOUS');
  if (previous !== null && secret === null)
    reader.refuse('GATEWAY_SECRET_PREVIOUS', 'stands without GATEWAY_SECRET', 'the secret before that one');
  if (isProduction) refuseWeak(reader, { GATEWAY_SECRET: secret, GATEWAY_SECRET_PREVIOUS: previous });
  return [secret, previous].flatMap((text) => (text === null ? [] : [new Secret(text)]));
}

function readManifest(reader: EnvReader): OperationManifest | null {
  const files = reader.files('OPERATIONS_MANIFEST');
  if (files.length === 0) return null;
  try {
    return parseManifests(files);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const allowed = "manifests in Apollo's format, or in Relay's, comma-separated";
    reader.refuse('OPERATIONS_MANIFEST', `names a file that ${error.message}`, allowed);
    return null;
  }
}
