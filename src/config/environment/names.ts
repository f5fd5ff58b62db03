/** Finds variables whose names or values look like what is meant, and are not. */
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { Environment, EnvReader } from '../env-reader.ts';

/** Names of variables that others see as they are: a warning for each that is likely a slip of one of `known`. */
export function misspellings(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env).flatMap((name) => {
    const meant = didYouMean(name, known);
    return meant === undefined ? [] : [`${name} is not a variable of this service. Is ${meant} meant?`];
  });
}

/**
 * Refuses what somebody wrote and nobody would read, where it would pass unseen or leave the service more open than they
 * wanted: names with characters that cannot be seen, slips of NODE_ENV, and values with quotes around them.
 */
export function refuseLookAlikes(reader: EnvReader, env: Environment): void {
  for (const name of Object.keys(env)) {
    const visible = name.replace(/[\p{Z}\p{C}]/gu, '');
    if (name !== visible && reader.names.includes(visible))
      reader.refuse(
        JSON.stringify(name),
        'has characters that cannot be seen, and is not read',
        `${visible}, without them`,
      );
    else if (!env['NODE_ENV'] && didYouMean(name, reader.names) === 'NODE_ENV')
      reader.refuse(name, 'is not a variable of this service', 'NODE_ENV, if that is meant');
  }
  for (const name of quotedIn(reader, env))
    if (!isSecret(name))
      reader.refuse(
        name,
        'has quotes around its value, as docker --env-file keeps them',
        'it without quotes',
      );
}

/** A secret may have been agreed on with its quotes. */
export function quotedSecrets(reader: EnvReader, env: Environment): string[] {
  return quotedIn(reader, env)
    .filter(isSecret)
    .map(
      (name) =>
        `${name} has quotes around its value, as docker --env-file keeps them: they are taken for a part of it.`,
    );
}

const isSecret = (name: string): boolean => /_(SECRET|PASSWORD|TOKEN)(_PREVIOUS)?$/.test(name);

const quotedIn = (reader: EnvReader, env: Environment): string[] =>
  reader.names.filter((name) => /^(["'`]).*\1$/s.test(env[name]?.trim() ?? ''));
