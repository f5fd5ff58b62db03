/** Says why something cannot be had or done, in the language of the page where it has words for that. */
import { LiveError, type LiveState } from '../../../packages/live/src/index.ts';
import { words } from '../words/words.ts';

export function whyNot(error: unknown): string {
  if (!(error instanceof LiveError)) return error instanceof Error ? error.message : String(error);
  if (error.errors.length === 0) return words.connectionEnded;
  return (error.code !== undefined && words.codes[error.code]) || error.message;
}

export const whyStopped = ({ closeCode, reason }: LiveState): string =>
  (closeCode !== null && words.codes[closeCode]) || (reason ?? words.connectionEnded);

/** Close codes of the service: no good token, and one that has expired. */
const tokenCodes: readonly (number | null)[] = [4401, 4403];

/** Whether it may go on with another token. */
export const wantsToken = ({ closeCode }: LiveState): boolean => tokenCodes.includes(closeCode);
