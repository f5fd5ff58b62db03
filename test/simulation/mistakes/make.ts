/** Makes a mistake: what is loaded from then on has it, as if somebody had written it. */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mistake } from './mistakes.ts';

const root = resolve(import.meta.dirname, '../../..');

/** To be called before anything of the service is imported. */
export function makeMistake({ file, from, to }: Mistake): void {
  const changed = pathToFileURL(resolve(root, file)).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== changed) return loaded;
      const parts = String(loaded.source).split(from);
      // The service has changed, and the mistake is to be written anew.
      if (parts.length !== 2) throw new Error(`${file} has this ${parts.length - 1} times: ${from}`);
      return { ...loaded, source: parts.join(to) };
    },
  });
}
