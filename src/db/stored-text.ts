/** Which text can be stored. */
import { oneSpelling } from '../lib/text/readable-text.ts';

/**
 * The text as both databases can store it: PostgreSQL takes no NUL, and neither takes a lone surrogate. Both become U+FFFD,
 * so that an odd character of a client is not an error of the database.
 */
export function storedText<T extends string | null>(text: T): T;
export function storedText(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The same for ids and names, which are compared: in the one spelling that all rows have. */
export function storedName<T extends string | null>(name: T): T;
export function storedName(name: string | null): string | null {
  return name === null ? null : oneSpelling(storedText(name));
}
