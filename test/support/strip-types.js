// Transforms TypeScript for Jest: replaces types by spaces, as Node itself does, so that line numbers stay the same.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update([source, path, configString, process.version].join('\0')).digest('hex'),
};
