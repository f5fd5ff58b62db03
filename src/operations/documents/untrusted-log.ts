/** Notes operations that are in no manifest, each once, so that somebody can add them to one. */
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../observability/log.ts';
import { hashText } from './text-hash.ts';

/** Of more, the one that was not met for longest is noted again. */
const maxNoted = 1_000;
/** Of a text in the log. */
const maxChars = 500;
/** Values in a text may be about people. */
const strings = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"/g;

export class UntrustedLog {
  readonly #log: Logger;
  readonly #noted = new LRUCache<string, true>({ max: maxNoted });

  constructor(log: Logger) {
    this.#log = log;
  }

  note(text: string, outcome: 'logged' | 'refused'): void {
    const hash = hashText(text);
    if (this.#noted.get(hash)) return;
    this.#noted.set(hash, true);
    const shown = text
      .slice(0, 4 * maxChars)
      .replaceAll(strings, '""')
      .replaceAll(/\s+/g, ' ');
    this.#log.warn({ hash, text: shown.slice(0, maxChars), outcome }, 'an operation is in no manifest');
  }
}
