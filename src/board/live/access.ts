/** Where to connect and with which token: what the service gives its board, and what the viewer has entered. */
import { words } from '../words/words.ts';
import { NoToken } from './connection.ts';
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

/** Half of the time for which the service's token is valid. */
const tokenAgeMs = 12 * 60 * 60_000;

/** @throws when the service does not answer with success */
async function readSettings(): Promise<Settings> {
  const response = await fetch('/board/settings.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(words.badAnswer(response.status));
  return { ...unsaid, ...((await response.json()) as Settings) };
}

export interface Access extends Omit<Settings, 'token' | 'graphqlPath'> {
  readonly url: string;
  /** Called before each connection. Null when the viewer has to enter one. */
  readonly token: ((isOld: boolean) => Promise<string>) | null;
  /** The token with which the page begins, for what it says of its viewer. */
  readonly firstToken: string | null;
}

/** A token that the viewer has entered goes before that of the service, which is fetched again when it gets old. */
export async function openAccess(): Promise<Access> {
  const { graphqlPath, token, ...settings } = await readSettings();
  const url = new URL(graphqlPath, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const entered = storedToken.read();
  if (entered !== null) return { ...settings, url: url.href, token: untilOld(entered), firstToken: entered };
  return { ...settings, url: url.href, token: token === null ? null : renewed(token), firstToken: token };
}

/** The viewer's own: when it has expired only they can give another one. */
const untilOld = (token: string) => (isOld: boolean) =>
  isOld ? Promise.reject(new NoToken()) : Promise.resolve(token);

function renewed(token: string): (isOld: boolean) => Promise<string> {
  let known = { token, at: performance.now() };
  return async (isOld) => {
    if (!isOld && performance.now() - known.at < tokenAgeMs) return known.token;
    // Where the service does not answer now, the known one is used.
    const fresh = await readSettings().catch(() => null);
    if (fresh?.token) known = { token: fresh.token, at: performance.now() };
    return known.token;
  };
}
