/** The words of the page, all in one language: Spanish where the browser asks for it first, else English. */
import { en } from './en.ts';
import { es } from './es.ts';

/** A text may be any text: `en` says which there are. */
type Texts<T> = {
  readonly [Key in keyof T]: T[Key] extends string
    ? string
    : T[Key] extends (...args: infer Args) => string
      ? (...args: Args) => string
      : T[Key] extends readonly string[]
        ? readonly string[]
        : Texts<T[Key]>;
};

export type Words = Texts<typeof en>;

/** The first of the browser's languages that there are words in decides. */
export function chooseWords(languages: readonly string[]): Words {
  const known = languages.find((language) => /^(en|es)\b/i.test(language));
  return known?.toLowerCase().startsWith('es') ? es : en;
}

export const words = chooseWords(globalThis.navigator?.languages ?? []);

/** Puts the words into the page: `data-word` names an element's text, `data-word-<attribute>` that of an attribute. */
export function showWords(): void {
  document.documentElement.lang = words.locale;
  document.title = words.page.title;
  for (const target of document.querySelectorAll<HTMLElement | SVGElement>('*')) {
    for (const [name, key = ''] of Object.entries(target.dataset)) {
      if (!name.startsWith('word')) continue;
      const text = words.page[key as keyof Words['page']];
      if (name === 'word') target.textContent = text;
      else target.setAttribute(name.slice('word'.length).toLowerCase().replace('label', 'aria-label'), text);
    }
  }
}
