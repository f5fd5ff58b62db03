/** Makes mistakes: loads the simulated world with a service that has one, as if somebody had written it. */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { World } from '../world.ts';
import type { Mistake } from './mistake.ts';
import { mistakes } from './mistakes.ts';

const root = pathToFileURL(`${resolve(import.meta.dirname, '../../..')}/`).href;
/** Of an address: which mistake the module has in which it is imported. */
const about = 'mistake';

const ofAddress = (url: string | undefined) => url && new URL(url).searchParams.get(about);

/** Each mistake has modules of its own, so that many can be made one after the other; packages have none. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const name = ofAddress(context.parentURL);
    const isOurs = resolved.url.startsWith(root) && !resolved.url.includes('/node_modules/');
    return name && isOurs ? { ...resolved, url: `${resolved.url}?${about}=${name}` } : resolved;
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const name = ofAddress(url);
    const mistake = name ? mistakes[name] : undefined;
    if (!mistake || !isAt(url, mistake)) return loaded;
    return { ...loaded, source: written(String(loaded.source), mistake) };
  },
});

/** The world of the service that has the mistake of this name. */
export async function worldWith(name: string): Promise<typeof World> {
  const loaded = (await import(`../world.ts?${about}=${name}`)) as { readonly World: typeof World };
  return loaded.World;
}

const isAt = (url: string, { file }: Mistake): boolean =>
  fileURLToPath(url.split('?')[0]!) === fileURLToPath(new URL(file, root));

/** @throws Error where the service has changed, and the mistake is to be written anew */
function written(source: string, { file, from, to }: Mistake): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} has this ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}
