/** Text as people read it: what looks the same is the same, and what cannot be seen says nothing. */

/**
 * The one spelling (NFC) of ids and names: some systems write ñ as one character, others, such as macOS, as n with a tilde on it.
 * Whatever is compared passes here at its way in.
 */
export const oneSpelling = (text: string): string => (combinable.test(text) ? text.normalize('NFC') : text);

/** Characters from the first one on that Unicode may compose, or says in another way: most ids and names have none. */
const combinable = /[^\0-\u02ff]/;

/** Control characters, of which only tabs and ends of lines say something to a reader. */
const controls = /[^\P{Cc}\t\n\r]/gu;

export const withoutControls = (text: string): string => text.replace(controls, '');

/** Spaces, control and format characters, those that Unicode says are not shown by default, and the empty pattern of Braille. */
const invisible = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether there is anything to see in it. */
export const isVisible = (text: string): boolean => !invisible.test(text);
