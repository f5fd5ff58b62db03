/** Which version of the service this is. */
import { readFileSync } from 'node:fs';

const { version: read } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

/** That of its release, or of the one before where it is none. */
export const version: string = read;
