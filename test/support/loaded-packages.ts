/** To be imported before a program: prints the address of each module of a package that is loaded. */
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    if (url.includes('/node_modules/')) process.stdout.write(`loaded ${url}\n`);
    return next(url, context);
  },
});
