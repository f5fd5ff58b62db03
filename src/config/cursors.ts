/** What cursors are signed with, where that is configured. */
import type { EnvReader } from './env-reader.ts';
import { Secret } from './secret.ts';
import { refuseWeak } from './secret-strength.ts';

/** Signs where processes share no database to keep a secret in, which is for development alone. */
const developmentSecret = 'the-development-secret-of-the-cursors-known-to-everybody';

export interface CursorSecretsOptions {
  readonly isProduction: boolean;
  /** Whether all processes have one database. */
  readonly isShared: boolean;
}

export const isDevelopmentSecret = (secret: string): boolean => secret === developmentSecret;

/** The first one signs, and each verifies. Empty where the database keeps a secret for it. */
export function readCursorSecrets(
  reader: EnvReader,
  { isProduction, isShared }: CursorSecretsOptions,
): readonly Secret[] {
  const secret = reader.text('CURSOR_SECRET');
  const previous = reader.text('CURSOR_SECRET_PREVIOUS');
  if (previous !== null && secret === null)
    reader.refuse('CURSOR_SECRET_PREVIOUS', 'stands without CURSOR_SECRET', 'the secret before that one');
  if (isProduction) refuseWeak(reader, { CURSOR_SECRET: secret, CURSOR_SECRET_PREVIOUS: previous });
  const signing = secret ?? (isShared ? null : developmentSecret);
  return [signing, previous].flatMap((text) => (text === null ? [] : [new Secret(text)]));
}
