// Jest's view of TypeScript: the types are blanked out in place, as Node itself does, so line numbers stay true.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update([source, path, configString, process.version].join('\0')).digest('hex'),
};
