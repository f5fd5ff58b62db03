/** Tells secrets that can be guessed from those that cannot, as far as that can be told from looking at one. */
import { deflateRawSync } from 'node:zlib';
import type { EnvReader } from './env-reader.ts';

/** RFC 7518, section 3.2: a key for HS256 must be at least as long as its hash, 256 bits. */
export const minSecretBytes = 32;

/** Words of examples and placeholders. In 48 random bytes one of them stands less often than once in ten million secrets. */
const tellTales =
  /change.?me|change.?this|example|replace|placeholder|everybody|development|the-bench|your.?(\d+|secret|jwt|own)|super.?secret|openssl|password/i;
/** What a secret must hold by our estimate, which is low, bits. So many are beyond all guessing. */
const minBits = 100;
/** Of a letter within a word. */
const bitsInWord = 1.5;

/** Whether a secret is too short, stands in an example, repeats itself, or is made of words. */
export const isWeak = (secret: string): boolean =>
  Buffer.byteLength(secret) < minSecretBytes || tellTales.test(secret) || estimateBits(secret) < minBits;

/** Refuses those of the variables whose secrets are weak. */
export function refuseWeak(reader: EnvReader, secrets: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(secrets))
    if (value !== null && isWeak(value))
      reader.refuse(
        name,
        'is easily guessed',
        `a random secret of at least ${minSecretBytes} bytes in production, no example: openssl rand -base64 48`,
      );
}

/** The least that the secret holds by any of several ways to describe it. */
function estimateBits(secret: string): number {
  const codes = [...secret].map((character) => character.codePointAt(0)!);
  const steps = codes.slice(1).map((code, at) => code - codes[at]!);
  return Math.min(
    entropyOf(codes),
    // "abcdef…" takes the same step again and again.
    entropyOf(steps),
    // A text that is repeated is written once.
    (deflateRawSync(secret).length - 2) * 8,
    bitsOfWords(secret),
  );
}

/** By how evenly the values are spread. */
function entropyOf(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits += count * Math.log2(values.length / count);
  return bits;
}

/** Letters of one case in a row count as a word; hexadecimal digits are no words. */
function bitsOfWords(secret: string): number {
  const isHex = /^[0-9a-f-]+$/i.test(secret);
  const perCharacter = isHex ? 4 : Math.log2(alphabetOf(secret));
  const inWords = isHex ? 0 : (secret.match(/[A-Z]?[a-z]{3,}|[A-Z]{4,}/g) ?? []).join('').length;
  return inWords * bitsInWord + (secret.length - inWords) * perCharacter;
}

function alphabetOf(secret: string): number {
  const classes: readonly [RegExp, number][] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/\d/, 10],
    [/[^a-zA-Z\d]/, 4],
  ];
  return classes.reduce((sum, [pattern, size]) => sum + (pattern.test(secret) ? size : 0), 0);
}
