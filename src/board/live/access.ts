/** Where to connect and with which token: what the service gives its board, and what the viewer has entered. */
import type { TokenSource } from '../../../packages/live/src/index.ts';
import { words } from '../words/words.ts';
import { storedToken } from './stored-token.ts';

interface Settings {
  readonly graphqlPath: string;
  /** Null when the service gives the board no token. */
  readonly token: string | null;
  /** Whether there is a playground to link to. */
  readonly playground: boolean;
  /** Where the map has its streets from, with `{z}`, `{x}` and `{y}`; null: there are none. */
  readonly tilesUrl: string | null;
  readonly tilesAttribution: string | null;
}

/** While the service is updated, a process of the release before may answer, which says less. */
const unsaid = { playground: true, tilesUrl: null, tilesAttribution: null };

/** @throws when the service does not answer with success */
async function readSettings(signal: AbortSignal | null = null): Promise<Settings> {
  const response = await fetch('/board/settings.json', { cache: 'no-store', signal });
  if (!response.ok) throw new Error(words.badAnswer(response.status));
  return { ...unsaid, ...((await response.json()) as Settings) };
}

export interface Access extends Omit<Settings, 'token' | 'graphqlPath'> {
  readonly url: string;
  /** Null when the viewer has to enter one. */
  readonly token: TokenSource | null;
  /** The token with which the page begins, for what it says of its viewer. */
  readonly firstToken: string | null;
}

/** A token that the viewer has entered goes before that of the service; only they can give another one. */
export async function openAccess(): Promise<Access> {
  const { graphqlPath, token, ...settings } = await readSettings();
  const url = new URL(graphqlPath, location.href);
  const entered = storedToken.read();
  if (entered !== null) return { ...settings, url: url.href, token: entered, firstToken: entered };
  return { ...settings, url: url.href, token: token === null ? null : renewed(token), firstToken: token };
}

/** A path that was silent may still be: with the token that it has, the page comes back sooner. */
const renewalMs = 2_000;

/** The first one is at hand. For each connection after that, and before it ends, the service is asked for another. */
function renewed(first: string): TokenSource {
  let known: string | null = null;
  return async (refused) => {
    if (known === null) return (known = first);
    if (refused === known) return (known = (await readSettings()).token ?? known);
    // Where the service does not answer now, the known one is used.
    const fresh = await readSettings(AbortSignal.timeout(renewalMs)).catch(() => null);
    return (known = fresh?.token ?? known);
  };
}
