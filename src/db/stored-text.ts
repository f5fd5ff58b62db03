/** Owns which text the record can hold. */

/**
 * The text as every database can store it: PostgreSQL has no NUL in text, and neither database has half a surrogate
 * pair. Both become U+FFFD, so that a client's odd character is never an error of the database.
 */
export function storedText<T extends string | null>(text: T): T;
export function storedText(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\uFFFD');
}
