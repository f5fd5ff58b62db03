/** How the effects of mutations are read, which a newer version may have stored. */
import type { z } from 'zod';
import { newerVersion } from '../../lib/errors.ts';

/** @throws UPSTREAM_UNAVAILABLE, `reason: NEWER_VERSION`, where it has another form than this version knows. `what` goes on "wrote". */
export function readStored<T>(what: string, form: z.ZodType<T>, value: unknown): T {
  const read = form.safeParse(value);
  if (!read.success) throw newerVersion(what, read.error);
  return read.data;
}

/** Like `readStored`, of its text. */
export function parseStoredJson(what: string, json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw newerVersion(what, error);
  }
}
