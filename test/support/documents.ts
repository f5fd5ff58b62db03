/** Manifests of frontends for tests, and what is sent to name their operations. */
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tTemporaryFolder } from './temporary-folder.ts';

export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** As Apollo's clients name an operation, with its text beside it or alone. */
export const byHash = (text: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } },
});

export const asApollo = (texts: readonly string[]) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: texts.map((body) => ({ id: sha256(body), body, name: 'A', type: 'query' })),
});

export const asRelay = (texts: readonly string[]) =>
  Object.fromEntries(texts.map((text, index) => [`op-${index}`, text]));

/** The path of a file that has what is given as JSON, or a text as it is. */
export function tFileOf(content: unknown): string {
  const path = join(tTemporaryFolder(), 'manifest.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
